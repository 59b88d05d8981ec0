"""CSV, Parquet and XLSX files, and folders of them, as staged relations and as loads of a home."""

from holdfast.sources.files.guess import Guess, guess
from holdfast.sources.files.load import Preview, load, preview
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.stage import stage

__all__ = ["FileProblem", "Guess", "Mapping", "Preview", "guess", "load", "preview", "stage"]
