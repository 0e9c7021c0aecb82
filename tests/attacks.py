"""Repositories that try to read an identity which is not theirs, for tests of both Argo CD modes.

Each puts a kustomization into a folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

SCRIPT = """\
#!/bin/sh
cat >/dev/null
printf 'apiVersion: config.kubernetes.io/v1\\nkind: ResourceList\\nitems:\\n'
printf -- '- apiVersion: v1\\n  kind: ConfigMap\\n  metadata: {{name: loot}}\\n'
printf '  data: {{key: "%s"}}\\n' "$(grep -v '^#' {keys} | tr -d '\\n')"
"""
FUNCTION = """\
apiVersion: {api}
kind: {kind}
metadata:
  name: loot
  annotations:
    config.kubernetes.io/function: |
      {function}
files: [nothing.yaml]
"""
RESOURCE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bait}\n"
Attack = Callable[[Path, Path], None]


def _function(api: str, kind: str, function: str) -> str:
    return FUNCTION.format(api=api, kind=kind, function=function)


def _exec(api: str = "evil.example/v1", kind: str = "Loot") -> str:
    return _function(api, kind, "exec: {path: ./steal.sh}")


def _lay(folder: Path, keys: Path, **files: str) -> None:
    script = folder / "steal.sh"
    script.write_text(SCRIPT.format(keys=keys))
    script.chmod(0o755)
    (folder / "bait.yaml").write_text(RESOURCE)
    for name, text in files.items():
        target = folder / name.replace("__", "/").replace("_yaml", ".yaml")
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)


def exec_function(folder: Path, keys: Path) -> None:
    """Name a program in a generator."""
    _lay(folder, keys, loot_yaml=_exec(), kustomization_yaml="generators: [loot.yaml]\n")


def ksops_with_another_program(folder: Path, keys: Path) -> None:
    """Name a program in a generator that calls itself ksops."""
    text = _exec("viaduct.ai/v1", "ksops")
    _lay(folder, keys, loot_yaml=text, kustomization_yaml="generators: [loot.yaml]\n")


def inline_generator(folder: Path, keys: Path) -> None:
    """Put the generator into the kustomization itself."""
    body = "".join(f"    {line}\n" for line in _exec().splitlines())
    _lay(folder, keys, kustomization_yaml=f"generators:\n  - |\n{body}")


def folder_of_generators(folder: Path, keys: Path) -> None:
    """List the generator in a folder of its own."""
    _lay(
        folder, keys, more__loot_yaml=_exec(),
        more__kustomization_yaml="resources: [loot.yaml]\n",
        kustomization_yaml="generators: [more]\n",
    )  # fmt: skip


def component(folder: Path, keys: Path) -> None:
    """List the generator in a component."""
    head = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    _lay(
        folder, keys, part__loot_yaml=_exec().replace("./steal.sh", "../steal.sh"),
        part__kustomization_yaml=f"{head}generators: [loot.yaml]\n",
        kustomization_yaml="resources: [bait.yaml]\ncomponents: [part]\n",
    )  # fmt: skip


def transformer(folder: Path, keys: Path) -> None:
    """Name the program in a transformer."""
    text = "resources: [bait.yaml]\ntransformers: [loot.yaml]\n"
    _lay(folder, keys, loot_yaml=_exec(), kustomization_yaml=text)


def validator(folder: Path, keys: Path) -> None:
    """Name the program in a validator, which may not change objects but can send them."""
    text = "resources: [bait.yaml]\nvalidators: [loot.yaml]\n"
    _lay(folder, keys, loot_yaml=_exec(), kustomization_yaml=text)


def other_spelling(folder: Path, keys: Path) -> None:
    """Write the field as Go's JSON reader takes it too."""
    _lay(folder, keys, loot_yaml=_exec(), kustomization_yaml="Generators: [loot.yaml]\n")


def legacy_plugin(folder: Path, keys: Path) -> None:
    """Ask for a program of the plugin home."""
    text = "apiVersion: evil.example/v1\nkind: Loot\nmetadata: {name: loot}\n"
    _lay(folder, keys, loot_yaml=text, kustomization_yaml="generators: [loot.yaml]\n")


def container_function(folder: Path, keys: Path) -> None:
    """Ask for a container that sees the disk."""
    text = _function("evil.example/v1", "Loot", "container: {image: example.com/loot}")
    _lay(folder, keys, loot_yaml=text, kustomization_yaml="generators: [loot.yaml]\n")


def helm_chart(folder: Path, keys: Path) -> None:
    """Have helm run, which runs a chart's post-renderer."""
    text = "helmCharts:\n- name: loot\n  repo: https://127.0.0.1:9/\n"
    _lay(folder, keys, kustomization_yaml=text)


def built_in_helm(folder: Path, keys: Path) -> None:
    """Have helm run by the generator behind the field."""
    text = "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: x\n"
    _lay(folder, keys, loot_yaml=text, kustomization_yaml="generators: [loot.yaml]\n")


def symbolic_link(folder: Path, keys: Path) -> None:
    """Read the identity by a link."""
    (folder / "loot").symlink_to(keys)
    _lay(folder, keys, kustomization_yaml="configMapGenerator: [{name: loot, files: [loot]}]\n")


def linked_folder(folder: Path, keys: Path) -> None:
    """Read the identity by a link to its folder."""
    (folder / "loot").symlink_to(keys.parent)
    text = "configMapGenerator: [{name: loot, files: [loot/keys.txt]}]\n"
    _lay(folder, keys, kustomization_yaml=text)


def absolute_path(folder: Path, keys: Path) -> None:
    """Read the identity where it lies."""
    text = f"configMapGenerator: [{{name: loot, files: [{keys}]}}]\n"
    _lay(folder, keys, kustomization_yaml=text)


def remote_base(folder: Path, keys: Path) -> None:
    """Fetch what decides."""
    text = "resources: [https://github.com/example/loot//base?ref=main]\n"
    _lay(folder, keys, kustomization_yaml=text)


def remote_patch(folder: Path, keys: Path) -> None:
    """Fetch a patch, which kustomize does for any path."""
    text = "resources: [bait.yaml]\npatches: [{path: http://127.0.0.1:9/loot.yaml}]\n"
    _lay(folder, keys, kustomization_yaml=text)


def inline_remote_patch(folder: Path, keys: Path) -> None:
    """Fetch by a text that is a mapping to one reader and an address to another."""
    text = 'resources: [bait.yaml]\npatchesStrategicMerge: ["http://127.0.0.1:9/x: loot"]\n'
    _lay(folder, keys, kustomization_yaml=text)


def remote_schema(folder: Path, keys: Path) -> None:
    """Fetch a schema."""
    text = "resources: [bait.yaml]\nopenapi: {path: http://127.0.0.1:9/schema.json}\n"
    _lay(folder, keys, kustomization_yaml=text)


def decrypting_the_identity(folder: Path, keys: Path) -> None:
    """Have ksops itself read the identity."""
    text = f"""\
apiVersion: viaduct.ai/v1
kind: ksops
metadata: {{name: loot}}
secretFrom:
- metadata: {{name: loot}}
  binaryFiles: ["{keys}"]
"""
    _lay(folder, keys, loot_yaml=text, kustomization_yaml="generators: [loot.yaml]\n")


STEALS = frozenset({
    exec_function, ksops_with_another_program, inline_generator, folder_of_generators, component,
    transformer,
})  # fmt: skip
"""Those that get the identity where kustomize may run programs."""
ATTACKS: dict[Attack, str] = {
    exec_function: "generator that the sidecar does not run",
    ksops_with_another_program: "names a program of its own",
    inline_generator: "generator that the sidecar does not run",
    folder_of_generators: "names a folder of generators",
    component: "generator that the sidecar does not run",
    transformer: "transformer that the sidecar does not run",
    other_spelling: "no field that the sidecar knows",
    validator: "runs a validator",
    legacy_plugin: "generator that the sidecar does not run",
    container_function: "generator that the sidecar does not run",
    helm_chart: "renders a Helm chart",
    built_in_helm: "generator that the sidecar does not run",
    symbolic_link: "outside of the repository by a symbolic link",
    linked_folder: "outside of the repository by a symbolic link",
    absolute_path: "leaves the repository",
    remote_base: "outside of this repository",
    remote_patch: "outside of this repository",
    inline_remote_patch: "is no patch",
    remote_schema: "outside of this repository",
    decrypting_the_identity: "lies outside the repository",
}
"""What the sidecar says to each."""
