"""Rendering with a kustomize that says what the test wants."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopsmith.adapters.files import LocalFiles
from sopsmith.errors import ManifestError, OutsideError
from sopsmith.flows.render import (
    AUTO,
    BUILTIN,
    KUBECTL,
    KUSTOMIZE,
    Doors,
    Rendered,
    Request,
    render,
)

SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  k: eHk=\n"
FUNCTION = (
    "  annotations:\n    config.kubernetes.io/function: |\n      exec:\n        path: ksops\n"
)
GENERATOR = "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata:\n  name: g\n"
SECRET_OBJECT: dict[str, object] = {
    "kind": "Secret",
    "metadata": {"name": "a"},
    "data": {"k": "eHk="},
}
FILES = "files:\n- a.enc.yaml\n"


class Finished:
    """What a program left behind."""

    def __init__(self, code: int, stdout: bytes, stderr: bytes) -> None:
        self.code = code
        self.stdout = stdout
        self.stderr = stderr


class Kustomize:
    """`ports.Programs` with an engine that answers what it was told to."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.answer = self.hidden = Finished(0, SECRET.encode(), b"")
        self.argv: list[str] = []
        self.env: dict[str, str] = {}

    def locate(self, name: str) -> str | None:
        """Return a path for the installed names."""
        return f"/bin/{name}" if name in self.names else None

    def run(
        self,
        argv: list[str],
        *,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        cwd: str | None = None,
    ) -> Finished:
        """Answer."""
        self.argv, self.env = argv, env or {}
        return self.hidden if "SOPSMITH_KSOPS_HIDE" in self.env else self.answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a kustomization with a generator of one Secret named `a`."""
    (tmp_path / "kustomization.yaml").write_text("generators: [g.yaml]\n")
    (tmp_path / "g.yaml").write_text(GENERATOR + FUNCTION + FILES)
    token = "ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]"
    (tmp_path / "a.enc.yaml").write_text(SECRET.replace("eHk=", token))
    return tmp_path


def run(folder: Path, programs: Kustomize, engine: str = AUTO) -> Rendered:
    doors = Doors(LocalFiles(), programs, lambda *_: [SECRET_OBJECT])
    return render(Request(str(folder), engine, "/plugins", "/usr/bin"), doors)


def test_kustomize_runs_with_both_flags_and_the_plugin_first_on_path(folder: Path) -> None:
    programs = Kustomize(KUSTOMIZE, KUBECTL)
    rendered = run(folder, programs)
    flags = ["--enable-alpha-plugins", "--enable-exec"]
    assert programs.argv == ["/bin/kustomize", "build", *flags, str(folder)]
    assert programs.env == {"PATH": "/plugins:/usr/bin"}
    assert (rendered.engine, rendered.promised) == (KUSTOMIZE, 1)


def test_values_are_hidden_unless_revealed(folder: Path) -> None:
    rendered = run(folder, Kustomize(KUSTOMIZE))
    assert rendered.masked()[0]["data"] == {"k": "<2 bytes>"}
    assert rendered.objects[0]["data"] == {"k": "eHk="}


def test_what_is_no_secret_but_came_from_ciphertext_is_hidden_too(folder: Path) -> None:
    text = (folder / "a.enc.yaml").read_text()
    (folder / "a.enc.yaml").write_text(text.replace("kind: Secret", "kind: ConfigMap"))
    programs = Kustomize(KUSTOMIZE)
    other = SECRET.replace("name: a", "name: b")
    both = f"{SECRET}---\n{other}".replace("kind: Secret", "kind: ConfigMap").replace("eHk=", "xy")
    programs.answer = Finished(0, both.encode(), b"")
    hidden, shown = run(folder, programs).masked()
    assert (hidden["data"], shown["data"]) == ({"k": "<not base64, 2 bytes>"}, {"k": "xy"})


def test_without_kustomize_the_generators_are_run_straight(folder: Path) -> None:
    rendered = run(folder, Kustomize(KUBECTL))
    assert rendered.engine == BUILTIN
    assert rendered.objects[0]["metadata"] == {"name": "a"}


def test_the_builtin_engine_applies_prefix_suffix_and_namespace(folder: Path) -> None:
    (folder / "kustomization.yaml").write_text(
        "generators: [g.yaml]\nnamePrefix: p-\nnameSuffix: -s\nnamespace: n\n"
    )
    rendered = run(folder, Kustomize(), BUILTIN)
    assert rendered.objects[0]["metadata"] == {"name": "p-a-s", "namespace": "n"}


def test_the_builtin_engine_takes_lists_apart_and_hides_all_that_it_makes(folder: Path) -> None:
    config = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": "x y"}}
    made: list[dict[str, object]] = [{"kind": "List", "items": [config, SECRET_OBJECT]}]
    doors = Doors(LocalFiles(), Kustomize(), lambda *_: made)
    rendered = render(Request(str(folder), BUILTIN, "", ""), doors)
    assert [one["kind"] for one in rendered.objects] == ["ConfigMap", "Secret"]
    assert rendered.masked()[0]["data"] == {"k": "<not base64, 3 bytes>"}


def test_kubectl_serves_legacy_generators_alone(folder: Path) -> None:
    with pytest.raises(OutsideError, match="exec functions"):
        run(folder, Kustomize(KUBECTL), KUBECTL)
    (folder / "g.yaml").write_text(GENERATOR + FILES)
    programs = Kustomize(KUBECTL)
    assert run(folder, programs).engine == KUBECTL
    assert programs.env["KUSTOMIZE_PLUGIN_HOME"] == "/plugins"


def test_an_engine_that_is_not_installed_is_an_error(folder: Path) -> None:
    with pytest.raises(OutsideError, match="not installed"):
        run(folder, Kustomize(), KUSTOMIZE)


def test_a_promised_secret_that_does_not_come_out_is_an_error(folder: Path) -> None:
    programs = Kustomize(KUSTOMIZE)
    programs.answer = Finished(0, b"", b"")
    with pytest.raises(ManifestError, match="does not come out: Secret a") as caught:
        run(folder, programs)
    assert caught.value.path == str(folder / "a.enc.yaml")


def test_ciphertext_that_comes_out_is_an_error(folder: Path) -> None:
    programs = Kustomize(KUSTOMIZE)
    programs.answer = Finished(0, (folder / "a.enc.yaml").read_bytes(), b"")
    with pytest.raises(ManifestError, match="Secret a would reach") as caught:
        run(folder, programs)
    assert caught.value.key == "data.k"


def test_the_plugins_own_words_are_passed_on(folder: Path) -> None:
    programs = Kustomize(KUSTOMIZE)
    said = b"error: ./a.enc.yaml: the MAC does not match\nhint: git log\nError: exit status 1\n"
    programs.answer = Finished(1, b"", said)
    with pytest.raises(OutsideError) as caught:
        run(folder, programs)
    assert caught.value.message == "./a.enc.yaml: the MAC does not match"
    assert caught.value.hint == "git log"


def test_kustomizes_words_come_from_a_run_without_values(folder: Path) -> None:
    programs = Kustomize(KUSTOMIZE)
    programs.answer = Finished(1, b"", b"Error: node contents: canary\n")
    programs.hidden = Finished(1, b"", b"Error: node contents: hidden\n")
    with pytest.raises(OutsideError) as caught:
        run(folder, programs)
    assert caught.value.message == "kustomize failed: Error: node contents: hidden"


def test_a_complaint_about_a_value_is_not_repeated(folder: Path) -> None:
    programs = Kustomize(KUSTOMIZE)
    programs.answer = Finished(1, b"", b"Error: canary\nerror: canary\n")
    programs.hidden = Finished(0, b"", b"")
    with pytest.raises(OutsideError, match="over something in a value") as caught:
        run(folder, programs)
    assert "canary" not in f"{caught.value} {caught.value.hint}"


def test_nothing_is_repeated_where_another_plugin_runs(folder: Path) -> None:
    text = (folder / "g.yaml").read_text()
    (folder / "g.yaml").write_text(text.replace("path: ksops", "path: ./ksops"))
    programs = Kustomize(KUSTOMIZE)
    programs.answer = programs.hidden = Finished(1, b"", b"Error: canary\n")
    with pytest.raises(OutsideError, match="not sopsmith's") as caught:
        run(folder, programs)
    assert "canary" not in str(caught.value)
