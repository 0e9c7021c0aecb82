"""A script that was written for sops does the same with sopsmith: results and exit codes.

Each script runs twice, with the real sops and with sopsmith as `$SOPS`. What it prints and the
exit codes of its steps must be equal; stderr is talk, and each tool has its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pyrage import x25519
from tests.interop.conftest import RealSops
from tests.world import World

FUNCTIONS = """\
show() { "$@" 2>/dev/null; echo " => $?"; }
quiet() { "$@" >/dev/null 2>&1 </dev/null; echo "=> $?"; }
rules() { printf 'creation_rules:\\n  - path_regex: secret\\n    age: "%s"\\n' "$1" >.sops.yaml; }
read_all() { show $SOPS decrypt --output-type json "$1"; }
rules "$FIRST"
printf 'token: old\\nlist:\\n    - 1\\n    - two\\n' >a.secret.yaml
printf 'deep:\\n    n: 1.5\\n    b: true\\n' >>a.secret.yaml
printf 'open_unencrypted: 1\\ntoken: x\\n' >b.secret.yaml
printf 'TOKEN=a b\\nN=1\\n' >c.secret.env
printf 'just bytes\\n' >d.secret.txt
printf '{\\n\\t"a": {\\n\\t\\t"b": "c"\\n\\t}\\n}\\n' >e.secret.json
"""
SCRIPTS = {
    "encrypt and decrypt": """
for f in *.secret.*; do quiet $SOPS encrypt -i $f; done
for f in a.secret.yaml b.secret.yaml e.secret.json; do read_all $f; done
show $SOPS decrypt c.secret.env
show $SOPS decrypt d.secret.txt
show $SOPS decrypt --input-type yaml --output-type json /dev/stdin <a.secret.yaml
quiet $SOPS encrypt -i a.secret.yaml
quiet $SOPS encrypt --output f.yaml --age "$SECOND" e.secret.json
quiet $SOPS decrypt missing.yaml
quiet $SOPS encrypt missing.yaml
quiet $SOPS decrypt .sops.yaml
quiet $SOPS encrypt other.yaml
quiet $SOPS decrypt -i c.secret.env
cat c.secret.env
""",
    "extract": """
quiet $SOPS encrypt -i a.secret.yaml
show $SOPS decrypt --extract '["token"]' a.secret.yaml
show $SOPS decrypt --extract '["list"][1]' a.secret.yaml
show $SOPS decrypt --extract '["deep"]["n"]' a.secret.yaml
$SOPS decrypt --extract '["deep"]' --output-type json a.secret.yaml | tr -d ' \\t\\n'
quiet $SOPS decrypt --extract '["nothing"]' a.secret.yaml
quiet $SOPS decrypt --extract 'nonsense' a.secret.yaml
""",
    "set and unset": """
quiet $SOPS encrypt -i a.secret.yaml
quiet $SOPS set a.secret.yaml '["token"]' '"new"'
quiet $SOPS set a.secret.yaml '["made"]["here"]' '{"x": [true, "y"]}'
quiet $SOPS set a.secret.yaml '["list"][0]' '"one"'
quiet $SOPS set a.secret.yaml '["token"]' 'no json'
quiet $SOPS set a.secret.yaml '["deep"]["n"]' 2.5
read_all a.secret.yaml
quiet $SOPS unset a.secret.yaml '["deep"]'
quiet $SOPS unset a.secret.yaml '["deep"]'
quiet $SOPS unset --idempotent a.secret.yaml '["deep"]'
read_all a.secret.yaml
quiet $SOPS set missing.yaml
""",
    "edit": """
quiet $SOPS encrypt -i a.secret.yaml
EDITOR=true quiet $SOPS edit a.secret.yaml
EDITOR='sed -i s/old/edited/' quiet $SOPS edit a.secret.yaml
read_all a.secret.yaml
EDITOR='sed -i s/edited/again/' quiet $SOPS a.secret.yaml
show $SOPS decrypt --extract '["token"]' a.secret.yaml
""",
    "keys": """
quiet $SOPS encrypt -i a.secret.yaml
quiet $SOPS rotate -i a.secret.yaml
read_all a.secret.yaml
SOPS_AGE_KEY=$SECOND_KEY quiet $SOPS decrypt a.secret.yaml
rules "$FIRST,$SECOND"
quiet $SOPS updatekeys -y a.secret.yaml
quiet $SOPS updatekeys -y a.secret.yaml
SOPS_AGE_KEY=$SECOND_KEY show $SOPS decrypt --extract '["token"]' a.secret.yaml
quiet $SOPS rotate -i --rm-age "$SECOND" a.secret.yaml
SOPS_AGE_KEY=$SECOND_KEY quiet $SOPS decrypt a.secret.yaml
quiet $SOPS rotate -i --add-age "$SECOND" a.secret.yaml
SOPS_AGE_KEY=$SECOND_KEY show $SOPS decrypt --extract '["token"]' a.secret.yaml
rm .sops.yaml
quiet $SOPS groups add -i -f a.secret.yaml --age "$SECOND" --shamir-secret-sharing-threshold 2
show $SOPS decrypt --extract '["token"]' a.secret.yaml
SOPS_AGE_KEY=$SECOND_KEY quiet $SOPS groups delete -i -f a.secret.yaml \\
    --shamir-secret-sharing-threshold 1 0
SOPS_AGE_KEY=$SECOND_KEY show $SOPS decrypt --extract '["token"]' a.secret.yaml
quiet $SOPS rotate
""",
    "tampering": """
quiet $SOPS encrypt -i b.secret.yaml
sed -i 's/open_unencrypted: 1/open_unencrypted: 2/' b.secret.yaml
quiet $SOPS decrypt b.secret.yaml
quiet $SOPS set b.secret.yaml '["token"]' '"y"'
quiet $SOPS rotate -i b.secret.yaml
quiet $SOPS exec-env b.secret.yaml true
show $SOPS decrypt --ignore-mac --extract '["token"]' b.secret.yaml
""",
    "programs": """
quiet $SOPS encrypt -i c.secret.env
quiet $SOPS encrypt -i a.secret.yaml
quiet $SOPS encrypt -i b.secret.yaml
show $SOPS exec-env c.secret.env 'echo "$TOKEN-$N"; exit 7'
show $SOPS exec-env --pristine c.secret.env 'echo "$TOKEN$HOME"'
show $SOPS exec-env --same-process b.secret.yaml 'echo $token $open_unencrypted'
quiet $SOPS exec-env a.secret.yaml true
show $SOPS exec-file c.secret.env 'cat {}; exit 3'
show $SOPS exec-file --no-fifo --filename my.env c.secret.env 'basename {}; cat {} {}'
show $SOPS exec-file --output-type json c.secret.env 'cat {}'
""",
    "filestatus": """
quiet $SOPS encrypt -i a.secret.yaml
show $SOPS filestatus a.secret.yaml
show $SOPS filestatus b.secret.yaml
quiet $SOPS filestatus missing.yaml
quiet $SOPS filestatus
""",
    "the old forms": """
quiet $SOPS -e -i a.secret.yaml
show $SOPS -d --output-type json a.secret.yaml
show $SOPS --extract '["token"]' -d a.secret.yaml
quiet $SOPS -r -i a.secret.yaml
quiet $SOPS --set '["token"] "set"' a.secret.yaml
show $SOPS -d --extract '["token"]' a.secret.yaml
mv .sops.yaml rules.yaml
quiet $SOPS --config rules.yaml encrypt -i b.secret.yaml
show $SOPS --verbose decrypt --output-type json b.secret.yaml
quiet $SOPS -e -i --encrypted-regex '^a$' --age "$FIRST" e.secret.json
show $SOPS -d e.secret.json
""",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_does_the_same_with_sopsmith(sops: RealSops, tmp_path: Path, name: str) -> None:
    first, second = x25519.Identity.generate(), x25519.Identity.generate()
    variables = {
        "FIRST": str(first.to_public()),
        "SECOND": str(second.to_public()),
        "SECOND_KEY": str(second),
        "SOPS_AGE_KEY": str(first),
    }
    ours = Path(sys.executable).parent / "sopsmith"
    said = []
    for number, program in enumerate((sops.binary, ours)):
        world = World(tmp_path / str(number))
        world.environ |= {"SOPS": str(program), **variables}
        said.append(world.run("sh", "-c", FUNCTIONS + SCRIPTS[name]).decode())
    theirs, mine = (text.splitlines() for text in said)
    assert mine == theirs
