"""Lists that are reports under a shorter name, such as ``payment list`` and ``call list``."""

from cli.commands.reports.report import by_status, report_command

payments = report_command(
    "list", "List payments: amounts, days, officers, status.", by_status, report="payments"
)
institutions = report_command(
    "list", "List the institutions, as they are called on a day.", report="institutions"
)
calls = report_command("list", "List the calls, with proposals and what is left.", report="calls")
documents = report_command("list", "List the files attached to grants and to the fund.", report="documents")
