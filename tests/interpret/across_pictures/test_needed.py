from dataclasses import replace

import pytest

from interpret.across_pictures.needed import TABLES, needed
from interpret.choices import ChoiceError


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_the_release_has_is_given(release, name):
    assert needed(release, name) is getattr(release, TABLES[name])


@pytest.mark.parametrize("name", TABLES)
def test_one_that_it_lacks_is_named_with_the_reason(release, name):
    poor = replace(release, read_table=lambda asked: None, lacks={name: "could not be read: too short"})
    with pytest.raises(ChoiceError, match=rf"^This release cannot tell: {name} could not be read: too short\.$"):
        needed(poor, name)
