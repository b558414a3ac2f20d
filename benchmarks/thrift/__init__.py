"""Jobs on thrift structs in sequence files: ours against hand-written ones."""

__all__: list[str] = []
