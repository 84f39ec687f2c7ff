"""Lists that are reports under a shorter name: ``payment list``, ``call list`` and ``document list``."""

from cli.commands.reports.report import by_status, of_grant, report_command

payments = report_command(
    "list", "List payments: amounts, days, officers, status.", by_status, of_grant, report="payments"
)
calls = report_command("list", "List the calls, with proposals and what is left.", report="calls")
documents = report_command(
    "list", "List the files attached to grants and to the fund.", of_grant, report="documents"
)
