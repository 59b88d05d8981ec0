"""CSV, Parquet and XLSX files, and folders of them, as staged relations."""

from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.stage import stage

__all__ = ["FileProblem", "Mapping", "stage"]
