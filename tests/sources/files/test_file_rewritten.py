"""Cells that a mapping completes, says once for all rows, or takes for nothing."""

import pytest

from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.mappingtext import to_toml
from holdfast.sources.files.problem import FileProblem

TOML = """
name = "spring"
[survey_response]
survey_response_id = "No"
score = "Recommend"
responded_at = "Day"
[written.survey_response]
survey_id = "spring"
survey_response_id = "spring-{}"
responded_at = "2025-05-{} 12:00"
type = "nps"
scale_min = "0"
scale_max = "10"
[empty_cells.survey_response]
score = ["11", "no answer"]
"""
ROWS = "No,Recommend,Day\n1,10,5\n2,11,11\n3, No Answer ,31\n4,,6\n5,11.5,7\n"


def test_cells_are_completed_and_what_every_row_has_in_common_is_said_once(staging):
    """Noon in Berlin, where the shop is, is ten in UTC."""
    result = staging({"answers.csv": ROWS}, TOML)
    assert result.rows(
        "SELECT survey_source, survey_response_source, score::DOUBLE, responded_at::VARCHAR, type,"
        " scale_min::INT, scale_max::INT FROM stage_survey_response ORDER BY 2"
    ) == [
        ("spring", "spring-1", 10.0, "2025-05-05 10:00:00", "nps", 0, 10),
        ("spring", "spring-2", None, "2025-05-11 10:00:00", "nps", 0, 10),
        ("spring", "spring-3", None, "2025-05-31 10:00:00", "nps", 0, 10),
        ("spring", "spring-4", None, "2025-05-06 10:00:00", "nps", 0, 10),
        ("spring", "spring-5", 11.5, "2025-05-07 10:00:00", "nps", 0, 10),
    ]
    assert result.rejects() == []
    assert result.staged.left_empty == {"survey answers without a score": 3}


def test_a_completed_cell_that_cannot_be_read_is_shown_as_the_file_has_it(staging):
    result = staging({"answers.csv": "No,Recommend,Day\n1,10,32\n2,10,\n"}, TOML)
    rejected = result.con.execute('SELECT line, "column", value FROM stage_reject ORDER BY line').fetchall()
    assert rejected == [(2, "Day", "32"), (3, "Day", None)]


def test_a_mapping_that_completes_cells_can_be_written_and_read_again():
    mapping = Mapping.parse(TOML)
    assert Mapping.parse(to_toml(mapping)) == mapping


def test_constants_alone_make_no_file_fit():
    assert Mapping.parse(TOML).grain_of(["Colour", "Size"]) is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("[written.survey_answers]\nscore = '{}'", "written.survey_answers is not known"),
        ("[written.survey_response]\nscroe = '1'", "written.survey_response.scroe is not known; did you mean 'score'"),
        ("[written.survey_response]\nscore = 3", "has to be text in quotes"),
        ("[written.survey_response]\nrole = 'by {}'", r"speaks of a cell: map \[survey_response\] role"),
        ("[empty_cells.survey_response]\nscore = 11", "has to be a header in quotes, or a list"),
        ("[empty_cells]\nsurvey_response = 'x'", r"\[empty_cells.survey_response\] is not a table"),
    ],
)
def test_a_slip_in_such_a_section_is_named(wrong, says):
    with pytest.raises(FileProblem, match=says):
        Mapping.parse(f'name = "spring"\n[survey_response]\nscore = "Recommend"\n{wrong}\n')
