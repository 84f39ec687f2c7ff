"""Commands of a fund and of complete lives, from which random lives begin."""

from lifecycle.kernel.command import Command
from support import given as g

ALL = "a.ll"
"""An officer with every role, on whom four-eyes rules are tried."""
IN_2012: list[Command] = [
    g.propose("2012-01-10", call="C1"),
    g.request("2012-01-20"),
    g.review("2012-01-25", scores={"demand": 4, "readiness": 3}),
    g.approve("2012-02-10"),
    g.make_effective("2012-03-01", closing_date="2012-12-31"),
    *(g.request_payment("2012-03-05", payment=p, amount="40000.00 USD") for p in ("P1", "P2")),
    *(g.authorise("2012-03-10", payment=p) for p in ("P1", "P2")),
    g.disburse("2012-04-05", payment="P1", amount="40000.00 USD"),
    g.disburse("2012-04-10", payment="P2", amount="30000.00 USD"),
    g.complete("2012-12-31"),
    g.submit_report("2013-01-10"),
    g.accept_report("2013-01-20"),
    g.cancel_balance("2013-02-01", amount="20000.00 USD"),
    g.close("2013-03-01"),
]
FROM_ELSEWHERE: list[Command] = [
    g.bring_forward("2017-06-01", refunded="1000.00 USD"),
    g.request_payment("2017-06-05", category=None, amount="20000.00 USD"),
    g.authorise("2017-06-06"),
    g.disburse("2017-06-10", amount="20000.00 USD"),
    g.refund("2017-07-01", payment="brought-forward"),
    g.complete("2018-02-28"),
    g.submit_report("2018-03-10"),
    g.accept_report("2018-03-20"),
    g.cancel_balance("2018-04-01", amount="31500.00 USD"),
    g.close("2018-05-01"),
]
LIVES: list[list[Command]] = [IN_2012, g.CLOSED, FROM_ELSEWHERE]
"""Complete lives, of which a grant may have lived a part."""
FOUNDED: list[Command] = [
    *g.OFFICERS,
    g.appoint(g.START, officer=ALL, roles=["approver", "finance", "reviewer", "secretariat", "ttl"]),
    g.join(g.START),
    g.receive("2008-11-15", amount="200000.00 USD"),
    g.open_call("2012-01-01", call="C1", envelope="150000.00 USD", closes="2012-02-05"),
]
