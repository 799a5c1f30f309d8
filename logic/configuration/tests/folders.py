"""A settings directory made of texts."""

from pathlib import Path


def folder(parent: Path, name: str, **files: str) -> Path:
    """``folder(tmp_path, "site", a10="BUS = 'memory'")`` has ``10-a.conf``."""
    made = parent / name
    made.mkdir()
    for key, text in files.items():
        (made / f"{key[1:]}-{key[0]}.conf").write_text(text)
    return made
