"""Claims about the glossary: it names every word and every refusal of the vocabulary."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import kernel.vocabulary

GLOSSARY = (Path(__file__).parents[3] / "docs" / "glossary.md").read_text(encoding="utf-8")
MODULES = [
    importlib.import_module(f"kernel.vocabulary.{module.name}")
    for module in pkgutil.iter_modules(kernel.vocabulary.__path__)
]
CLASSES = sorted(
    {
        name
        for module in MODULES
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__
    }
)
CODES = sorted(
    {
        code
        for module in MODULES
        for code in re.findall(r'InvalidValueError\(\s*"(\w+)"', inspect.getsource(module))
    }
)


@pytest.mark.parametrize("word", [*CLASSES, *CODES])
def test_every_word_of_the_vocabulary_is_explained(word: str) -> None:
    assert f"`{word}`" in GLOSSARY
