from dataclasses import replace

import pytest

from interpret.across_pictures.needed import TABLES, needed
from interpret.choices import ChoiceError
from model.channels.facts import CHANNELS
from model.channels.gallery import GALLERY


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_the_release_has_is_given(release, name):
    assert needed(release, name) is getattr(release, TABLES[name])


@pytest.mark.parametrize("name", TABLES)
def test_one_that_it_lacks_is_named_with_the_reason(release, name):
    read = {table: None if table == name else getattr(release, field) for table, field in TABLES.items()}
    poor = replace(release, read_table=read.get, lacks={name: "could not be read: too short"})
    with pytest.raises(ChoiceError, match=rf"^This release cannot tell: {name} could not be read: too short\.$"):
        needed(poor, name)


def test_what_is_known_of_channels_needs_the_gallery_whose_rows_it_speaks_of(release):
    poor = replace(release, read_table=lambda name: None, lacks={GALLERY: "is damaged"})
    with pytest.raises(ChoiceError, match=rf"^This release cannot tell: {GALLERY} is damaged\.$"):
        needed(poor, CHANNELS)
