"""`sopsmith recipients check`: do files, rules and `sopsmith.yaml` agree?"""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.recipient_doors import look_options, open_doors


@click.command("check")
@click.argument("paths", metavar="[PATH...]", nargs=-1)
@look_options
def command(paths: tuple[str, ...], **options: Any) -> int:
    """Find files, rules and sopsmith.yaml that disagree on who opens what.

    That is files that open for others than their rule says, and rules that differ from
    sopsmith.yaml. No identity is needed, so it runs in CI. Looks through the whole repository
    unless paths are named. Ends with 3 where it found some.
    """
    from sopsmith.cli.show_recipients import show_findings
    from sopsmith.flows.recipients_look import check, name_recipients
    from sopsmith.repo.root import read_settings

    doors = open_doors(options)
    found = check(paths or (doors.root,), doors)
    known = name_recipients(read_settings(doors.files, doors.root))
    show_findings(found, known, as_json=options["output"] == "json")
    return 3 if found else 0
