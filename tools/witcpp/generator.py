"""From the JSON of a WIT folder to C++ headers."""
from exports import Export
from imports import Import
from model import Wit


def generate(tree, world):
    """File name -> text."""
    wit = Wit(tree, world)
    files = {}
    for face in wit.faces():
        files.update((Export if face.exported else Import)(wit, face).files())
    return files
