"""Prints the table of uploads, with what is expected of each and what is found."""

import sys

from tests.model.uploads.table.rows import rows


def main() -> None:
    lines = [
        "| format | depth | profile | orientation | damage | expected | found |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows():
        found = row.found()
        expected = row.expected if isinstance(row.expected, str) else f"the picture, within {row.within:g}"
        said = f"{found:.2f} off" if isinstance(found, float) else found
        wrong = "" if row.is_as_expected(found) else " **WRONG**"
        cells = (row.format, row.depth, row.profile, row.orientation, row.damage, expected, said + wrong)
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
