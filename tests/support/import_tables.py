"""Tables as people fill them in, to be imported."""

import csv

from support.cli_shell import Shell


def payments(gb: Shell, count: int = 40, **changes: str) -> str:
    """Fill the template of payments in with a payment a row, and return its path."""
    path = gb.folder / "payments.csv"
    assert gb("template", "payments", str(path), "--overwrite").code == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, example = csv.reader(file)
    row = dict(zip(header, example, strict=True)) | {
        "Grant": "G-1",
        "Amount": "100.00",
        "Requested on": "2017-09-01",
        "Authorised on": "2017-09-02",
        "Paid on": "2017-09-03",
        "Requested by": "leader",
        "Authorised by": "cash",
        "Paid by": "payer",
        **changes,
    }
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows((row | {"Payment": f"Q{number}"}).values() for number in range(1, count + 1))
    return str(path)
