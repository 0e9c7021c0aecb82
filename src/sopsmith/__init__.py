"""GitOps secret management: SOPS, age and Kubernetes Secrets in one package."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.library import Document

__all__ = ["Document"]


def __getattr__(name: str) -> object:
    """Load the library's face when it is asked for; the plugin never asks."""
    if name == "Document":
        from sopsmith.library import Document

        return Document
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
