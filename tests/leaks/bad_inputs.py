"""List texts that hold the canary and that no reader should take."""

from __future__ import annotations

from tests.leaks.watch import CANARY, DIGITS

YAML = {
    "unclosed double quote": f'a: 1\nvalue: "{CANARY}\n',
    "unclosed single quote": f"value: '{CANARY}\n",
    "unclosed flow": f"value: [{CANARY}, \n",
    "unclosed flow map": f"value: {{a: {CANARY}, \n",
    "tab indent": f"a:\n\tvalue: {CANARY}\n",
    "two colons": f"value: {CANARY}: {CANARY}: x\n",
    "text behind a quoted scalar": f'value: "x" {CANARY}\n',
    "value without a key": f"a: 1\n{CANARY}\n",
    "wrong indent": f"a:\n    b: 1\n  {CANARY}: 2\n",
    "alias of nothing": f"value: *{CANARY}\n",
    "bad escape": f'value: "\\q{CANARY}"\n',
    "duplicate key": f"a: {CANARY}\na: {CANARY}\n",
    "duplicate key that is the value": f"{CANARY}: 1\n{CANARY}: 2\n",
    "top-level scalar": f"{CANARY}\n",
    "top-level list": f"- {CANARY}\n",
    "key that is a list": f"? [{CANARY}]\n: 1\n",
    "key that is a number": f"{DIGITS}: 1\n",
    "integer past 64 bits": f"data: {{value: {DIGITS}}}\n",
    "negative integer past 64 bits": f"data: {{value: -{DIGITS}}}\n",
    "int tag": f"data: {{value: !!int {CANARY}}}\n",
    "float tag": f"data: {{value: !!float {CANARY}}}\n",
    "bool tag": f"data: {{value: !!bool {CANARY}}}\n",
    "null tag": f"data: {{value: !!null {CANARY}}}\n",
    "time tag": f"data: {{value: !!timestamp {CANARY}}}\n",
    "binary tag": f"data: {{value: !!binary '{CANARY}!'}}\n",
    "reserved sign": f"value: @{CANARY}\n",
    "backtick": f"value: `{CANARY}`\n",
    "directive": f"%{CANARY}\n---\na: 1\n",
    "block header": f"value: |{CANARY}\n",
    "block header of nine": f"value: |9\n {CANARY}\n",
    "NUL": f"value: {CANARY}\0{CANARY}\n",
    "control sign": f"value: {CANARY}\x07{CANARY}\n",
}
"""Each is refused, or taken as YAML that a rule then refuses."""

YAML_BYTES = {
    "not UTF-8 behind the value": f"value: {CANARY}".encode() + b"\xff\xfe\n",
    "not UTF-8 in the value": b"value: zQ7xW9kV\xc3\x28mL4pTgN2" + CANARY.encode() + b"\n",
    "UTF-16": f"value: {CANARY}\n".encode("utf-16"),
    "surrogate": f"value: {CANARY}".encode() + b"\xed\xa0\x80\n",
}

JSON = {
    "junk behind the object": f'{{"a": 1}} {CANARY}',
    "cut off": f'{{"a": "{CANARY}',
    "duplicate key": f'{{"{CANARY}": 1, "{CANARY}": 2}}',
    "bare word": f'{{"a": {CANARY}}}',
    "trailing comma": f'{{"a": "{CANARY}",}}',
    "bad escape": f'{{"a": "\\q{CANARY}"}}',
    "line feed in a text": f'{{"a": "{CANARY}\n{CANARY}"}}',
    "lone surrogate": f'{{"data": "\\ud800{CANARY}"}}',
    "top-level text": f'"{CANARY}"',
    "top-level list": f'["{CANARY}"]',
    "comment": f'{{"a": 1 /* {CANARY} */}}',
    "integer past 64 bits": f'{{"data": {{"value": {DIGITS}}}}}',
    "NaN": f'{{"{CANARY}": NaN}}',
    "no colon": f'{{"{CANARY}"}}',
    "deep": "[" * 100_000 + f'"{CANARY}"',
}

ENV = {
    "no equals sign": f"A=1\n{CANARY}\n",
    "unclosed double quote": f'A="{CANARY}\nB=2\n',
    "unclosed single quote": f"A='{CANARY}\n",
    "text behind the quote": f"A=\"x\"{CANARY}\n",
    "comment glued to the quote": f"A='x'#{CANARY}\n",
    "name with a blank": f"A {CANARY}=1\n",
    "name with a dash": f"A-{CANARY}=1\n",
    "name with a digit first": f"1{CANARY}=1\n",
    "second line of an unquoted value": f"KEY=-----BEGIN KEY-----\n{CANARY}+/\n-----END KEY-----\n",
    "base64 line that looks like a name": f"KEY=-----BEGIN KEY-----\n{CANARY}=\n-----END KEY---\n",
    "duplicate": f"A={CANARY}\nA={CANARY}\n",
    "NUL": f"A={CANARY}\0\n",
    "name that no Secret can have": f"_={CANARY}\n",
    "prefix alone": f"DEV_={CANARY}\n",
    "two that become one file": f"A_B={CANARY}\na_b={CANARY}\n",
    "one in core and in dev": f"A={CANARY}\nDEV_A={CANARY}\n",
    "too large for a Secret": f"A={CANARY * 70_000}\n",
}  # fmt: skip
