"""Shapes of Kubernetes manifests."""
