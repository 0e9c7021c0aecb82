"""The SOPS document: values, walk and MAC, metadata, creation rules."""
