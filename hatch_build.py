"""Build hook: compiles the translation catalogues (.po) into the .mo files that ship in the wheel."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def catalogues(root):
    """The translation catalogues of the project in the folder `root`."""
    return sorted(Path(root, "twin/text/locales").glob("*/LC_MESSAGES/*.po"))


def compile_catalogues(root):
    """Write the .mo file beside each catalogue."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in catalogues(root):
        with source.open("rb") as file:
            catalogue = read_po(file)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


class CatalogueHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version, build_data):
        compile_catalogues(self.root)
