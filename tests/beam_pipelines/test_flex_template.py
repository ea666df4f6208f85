"""The template launcher's door: the named pipeline runs with the other options."""

import pytest

from beam_pipelines import flex_template


def test_the_pipeline_gets_the_other_options() -> None:
    with pytest.raises(SystemExit, match="no source nowhere with cdc tables in the contracts; known: saas"):
        flex_template.main(["--pipeline=landing_to_bronze", "--source=nowhere", "--runner=DataflowRunner"])


def test_another_pipeline_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        flex_template.main(["--pipeline=bronze_to_nowhere"])
    assert "invalid choice: 'bronze_to_nowhere'" in capsys.readouterr().err
