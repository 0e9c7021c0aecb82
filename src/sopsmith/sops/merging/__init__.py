"""Three-way merge of SOPS documents: values by key path, text by lines, keys by recipient."""
