import dataclasses

import numpy as np
import pytest

from interpret.choices import ChoiceError
from interpret.misclassified.two_releases import Comparison, compare_releases, mcnemar_exact
from model.release import Release, load_release
from model.samples import Misclassified

EXACT = 1e-12  # relative: both round a sum of exact terms once or a few times


def with_errors(release: Release, rows: list[int], **changes: np.ndarray) -> Release:
    """The release as if it had only these of its errors, and those changed."""
    samples = release.misclassified
    chosen = {field.name: getattr(samples, field.name)[rows] for field in dataclasses.fields(Misclassified)}
    test = dataclasses.replace(release.metrics.test, errors=len(rows), accuracy=1 - len(rows) / 10_000)
    return dataclasses.replace(
        release,
        misclassified=Misclassified(**(chosen | changes)),
        metrics=dataclasses.replace(release.metrics, test=test),
    )


def compared(mended: int, broken: int, both: int, count: int = 10_000) -> Comparison:
    indices = np.split(np.arange(mended + broken + both), [mended, mended + broken])
    right = [(count - both - own) / count for own in (broken, mended)]
    return Comparison(count, *right, *indices, mcnemar_exact(broken, mended))


def test_errors_are_those_of_one_of_the_other_and_of_both(release):
    indices = release.misclassified.test_indices
    found = compare_releases(with_errors(release, [0, 2, 3, 7]), with_errors(release, [1, 2, 7, 8, 9]))
    assert found.mended.tolist() == indices[[1, 8, 9]].tolist()
    assert found.broken.tolist() == indices[[0, 3]].tolist()
    assert found.both.tolist() == indices[[2, 7]].tolist()
    assert (found.count, found.accuracy, found.other_accuracy) == (10_000, 0.9996, 0.9995)
    assert found.p_value == 1


def test_two_release_folders_are_compared(small_releases):
    six, nine = (load_release(folder) for folder in small_releases)
    found = compare_releases(six, nine)
    assert (len(found.mended), len(found.broken), len(found.both)) == (3, 0, 6)
    assert found.p_value == 2 / 2**3
    assert found.accuracy == pytest.approx(six.test_accuracy, rel=EXACT)
    assert found.other_accuracy == pytest.approx(nine.test_accuracy, rel=EXACT)


def test_the_other_way_round_mended_and_broken_change_places(release):
    one, other = with_errors(release, [0, 2, 3]), with_errors(release, [2, 4])
    there, back = compare_releases(one, other), compare_releases(other, one)
    assert there.mended.tolist() == back.broken.tolist() != []
    assert there.broken.tolist() == back.mended.tolist() != []
    assert (there.accuracy, there.p_value) == (back.other_accuracy, back.p_value)


def test_the_order_in_which_errors_are_stored_does_not_matter(release):
    found = compare_releases(with_errors(release, [3, 0, 2]), with_errors(release, [2, 7, 3]))
    assert (len(found.mended), len(found.broken), len(found.both)) == (1, 1, 2)


def test_a_release_has_all_errors_in_common_with_itself(release):
    found = compare_releases(release, release)
    assert (len(found.mended), len(found.broken), found.p_value) == (0, 0, 1)
    assert found.both.tolist() == release.misclassified.test_indices.tolist()


def test_releases_of_other_classes_are_refused(release):
    config = dataclasses.replace(release.config, class_names=(*release.config.class_names[:9], "lorry"))
    network = type(release.network)(config)
    with pytest.raises(ChoiceError, match="their classes are not the same"):
        compare_releases(release, dataclasses.replace(release, network=network))


def test_releases_judged_on_another_number_of_pictures_are_refused(release):
    test = dataclasses.replace(release.metrics.test, count=9_000)
    other = dataclasses.replace(release, metrics=dataclasses.replace(release.metrics, test=test))
    with pytest.raises(ChoiceError, match="10,000 and 9,000 test pictures"):
        compare_releases(release, other)


def test_a_common_error_with_another_label_shows_that_the_test_pictures_differ(release):
    labels = release.misclassified.labels[[1, 2]] + np.array([0, 1])
    one, other = with_errors(release, [0, 2]), with_errors(release, [1, 2], labels=labels % 10)
    with pytest.raises(
        ChoiceError, match=f"other test pictures, since picture {release.misclassified.test_indices[2]} is"
    ):
        compare_releases(one, other)


def test_a_single_different_pixel_shows_that_the_test_pictures_differ(release):
    images = release.misclassified.images[[1, 2]].copy()
    images[1, 31, 31, 2] ^= 1
    with pytest.raises(ChoiceError, match="other test pictures"):
        compare_releases(with_errors(release, [0, 2]), with_errors(release, [1, 2], images=images))


def test_two_wrong_answers_to_one_picture_may_differ(release):
    predictions = (release.misclassified.predictions[[2]] + 1) % 10
    found = compare_releases(with_errors(release, [2]), with_errors(release, [2], predictions=predictions))
    assert len(found.both) == 1


@pytest.mark.parametrize(
    ("broken", "mended", "p_value"),
    [
        (0, 0, 1),
        (0, 1, 1),  # 2 (1) / 2, either side is as uneven as can be
        (0, 5, 2 / 32),
        (1, 5, 2 * (1 + 6) / 64),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
        (3, 3, 1),
        (3, 4, 1),
    ],
)
def test_the_p_value_of_few_pictures_is_that_worked_out_by_hand(broken, mended, p_value):
    assert mcnemar_exact(broken, mended) == p_value
    assert mcnemar_exact(mended, broken) == p_value


@pytest.mark.parametrize(("broken", "mended"), [(0, 1), (1, 6), (127, 150), (110, 150), (400, 400), (4_900, 5_100)])
def test_the_p_value_is_that_of_scipys_binomial_test(broken, mended):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(broken, broken + mended, 0.5).pvalue
    # scipy sums in floating point, with logarithms of gamma functions: about 1e-11 at ten thousand.
    assert mcnemar_exact(broken, mended) == pytest.approx(expected, rel=1e-9)


def test_ten_thousand_pictures_on_one_side_overflow_nothing():
    assert mcnemar_exact(0, 1_000) == 2**-999
    assert mcnemar_exact(0, 10_000) == 0


def test_a_difference_that_chance_explains_is_said_to_be_no_more():
    assert compared(150, 127, 400).sentence("1a2b3c4", "5d6e7f8") == (
        "Release 1a2b3c4 gets 94.73% of 10,000 test pictures right, release 5d6e7f8 94.50%: the first mends 150 errors "
        "of the second and makes 127 new ones; 400 are wrong in both. Release 1a2b3c4 is ahead by 23 pictures, no more "
        "than chance explains (p = 0.19, exact McNemar test)."
    )


def test_a_difference_that_chance_does_not_explain_is_said_to_be_more():
    assert "ahead by 50 pictures, more than chance explains (p = 0.0028," in compared(160, 110, 400).sentence("a", "b")


def test_the_release_that_is_ahead_is_named():
    assert "Release 5d6e7f8 is ahead by 23 pictures" in compared(127, 150, 400).sentence("1a2b3c4", "5d6e7f8")


def test_a_very_small_p_value_is_not_written_out():
    assert (
        compared(500, 100, 0).sentence("a", "b").endswith("more than chance explains (p < 0.001, exact McNemar test).")
    )


@pytest.mark.parametrize(("p_value", "words"), [(0.0499, "more than chance explains (p = 0.0499,"),
                                                (0.0502, "no more than chance explains (p = 0.0502,"),
                                                (0.05, "no more than chance explains (p = 0.05,"),
                                                (0.00123, "more than chance explains (p = 0.0012,"),
                                                (0.001, "more than chance explains (p = 0.001,"),
                                                (1.0, "no more than chance explains (p = 1,")])  # fmt: skip
def test_a_p_value_never_reads_as_the_level_unless_it_is(p_value, words):
    told = dataclasses.replace(compared(150, 127, 400), p_value=p_value).sentence("a", "b")
    assert f"pictures, {words}" in told


def test_of_equally_good_releases_neither_is_ahead():
    assert compared(150, 150, 400).sentence("a", "b") == (
        "Releases a and b both get 94.50% of 10,000 test pictures right: the first mends 150 errors of the second and "
        "makes 150 new ones; 400 are wrong in both. Neither is ahead."
    )


@pytest.mark.parametrize(
    ("both", "end"), [(527, "94.73% of 10,000 test pictures right, and the same 527 wrong."),
                      (1, "99.99% of 10,000 test pictures right, and the same one wrong."),
                      (0, "100.00% of 10,000 test pictures right, and none wrong.")])  # fmt: skip
def test_releases_with_the_same_errors_are_said_to_have_the_same(both, end):
    assert compared(0, 0, both).sentence("a", "b") == f"Releases a and b both get {end}"


def test_one_error_is_singular():
    assert compared(1, 0, 1).sentence("a", "b").endswith(
        "the first mends 1 error of the second and makes no new one; 1 is wrong in both. Release a is ahead by 1 "
        "picture, no more than chance explains (p = 1, exact McNemar test)."
    )  # fmt: skip
    assert "mends no error of the second and makes 1 new one; none is wrong in both" in compared(0, 1, 0).sentence(
        "a", "b"
    )


def test_an_accuracy_is_not_rounded_up_to_certainty():
    told = compared(2, 1, 0, count=100_000).sentence("a", "b")
    assert told.startswith("Release a gets over 99.99% of 100,000 test pictures right, release b over 99.99%:")
