"""Keep the plugin's modules as compiled code in one file, and load them from it.

Finding, opening and checking some fifty modules one by one takes longer than all that the plugin
does for a file. This file is run by itself to write a bundle (`build`), and is the first thing in
one, for the entry script to load the rest with (`restore`). It imports nothing of sopsmith.

A bundle lies beside the entry script, so whoever may change it may change the script. It holds
code for one interpreter and one set of folders, and says when and how large each source was, as
`__pycache__` does: where one is not as it was, the modules are imported in the usual way.
"""

import marshal
import sys
from posix import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any

    Stamp = tuple[str, int, int]
    """A file, when it was changed (seconds) and its size (bytes)."""
    Kept = tuple[str, str, list[str] | None, CodeType | None]
    """A module's name, file, places of submodules and code; a native one has no code."""


def restore(stamps: "list[Stamp]", modules: "list[Kept]") -> bool:
    """Load modules in their order, and tell whether their sources are still as they were."""
    try:
        if any(_stamp(path) != (path, changed, size) for path, changed, size in stamps):
            return False
    except OSError:
        return False
    known = sys.modules
    if "os" not in known:
        _put_lean_os(known)
    # Packages are finished after the modules that they import, so all have to be known first.
    for name, path, places, code in modules:
        if code is not None:
            known[name] = _empty(name, path, places)
    for name, path, _, code in modules:
        if code is None:
            known[name] = _load_native(name, path)
        else:
            exec(code, known[name].__dict__)  # noqa: S102
        package, _, last = name.rpartition(".")
        if package:
            setattr(known[package], last, known[name])
    return True


def build(folders: "list[str]") -> bytes:
    """Import what opens a file, here, and return the bundle of it; once in a fresh process."""
    loaded = watch_imports()
    sys.path += folders
    import cryptography.hazmat.bindings._rust  # noqa: F401

    import sopsmith.plugin.run  # noqa: F401

    return pack(loaded)


def pack(loaded: "list[ModuleType]") -> bytes:
    """Return the bundle of modules in the order in which they were loaded."""
    paths = [str(module.__file__) for module in loaded]
    modules = [_keep(module, path) for module, path in zip(loaded, paths, strict=True)]
    content = (_compile(__file__), [_stamp(path) for path in paths], modules)
    # The entry script compares this with its own, before anything that depends on either.
    return f"{sys.version} {sys.path}\0".encode() + marshal.dumps(content)


def _stamp(path: str) -> "Stamp":
    found = stat(path)
    return path, int(found.st_mtime), found.st_size


def _put_lean_os(known: "dict[str, ModuleType]") -> None:
    """Let the system's own calls stand for `os` until somebody asks for more than these.

    The real one takes a fifteenth of the plugin's start to load, and most of that is for the
    abstract mapping that `environ` is there.
    """
    import posix

    lean = known["os"] = type(sys)("os")
    encoding = sys.getfilesystemencoding()

    def give_more(name: str) -> object:
        del lean.__dict__["__getattr__"], known["os"]
        import os

        lean.__dict__.update(os.__dict__)
        return getattr(os, name)

    # What is read of the environment is text; whoever writes to it needs the real one.
    environ = {
        name.decode(encoding, "surrogateescape"): text.decode(encoding, "surrogateescape")
        for name, text in posix.environ.items()
    }
    calls = {name: call for name, call in posix.__dict__.items() if name[:2] != "__"}
    lean.__dict__.update(calls, environ=environ, __getattr__=give_more)
    import posixpath

    lean.__dict__["path"] = known["os.path"] = posixpath


def _empty(name: str, path: str, places: "list[str] | None") -> "ModuleType":
    module = type(sys)(name)
    module.__file__ = path
    module.__package__ = name if places else name.rpartition(".")[0]
    if places:
        module.__path__ = places
    return module


def _load_native(name: str, path: str) -> "ModuleType":
    # The loader's own way, without its search of the folders.
    import _imp

    spec: Any = type(sys)(name)
    spec.name, spec.origin = name, path
    module: ModuleType = _imp.create_dynamic(spec)
    _imp.exec_dynamic(module)
    return module


def watch_imports() -> "list[ModuleType]":
    """Return a list that will hold what is imported from files, in the order of being done."""
    from _frozen_importlib_external import ExtensionFileLoader, SourceFileLoader

    loaded: list[ModuleType] = []

    def watch(loader: "Any") -> None:
        real = loader.exec_module

        def exec_module(self: object, module: "ModuleType") -> None:
            real(self, module)
            loaded.append(module)

        loader.exec_module = exec_module

    watch(SourceFileLoader)
    watch(ExtensionFileLoader)
    return loaded


def _keep(module: "ModuleType", path: str) -> "Kept":
    places = getattr(module, "__path__", None)
    code = _compile(path) if path.endswith(".py") else None
    return module.__name__, path, places and list(places), code


def _compile(path: str) -> "CodeType":
    with open(path, "rb") as handle:
        # Without docstrings and asserts, which only narrow types, it loads in two thirds the time.
        return compile(handle.read(), path, "exec", dont_inherit=True, optimize=2)


if __name__ == "__main__":
    sys.stdout.buffer.write(build(sys.argv[1:]))
