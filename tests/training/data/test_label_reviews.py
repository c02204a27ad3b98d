import hashlib

from training.judging.label_reviews import REJECTED_TEST_LABELS


def test_the_rejected_labels_are_different_test_images_in_order():
    assert len(REJECTED_TEST_LABELS) == 54
    assert list(REJECTED_TEST_LABELS) == sorted(set(REJECTED_TEST_LABELS))
    assert REJECTED_TEST_LABELS[0] >= 0 and REJECTED_TEST_LABELS[-1] < 10_000


def test_no_rejected_label_was_changed_by_hand():
    written = ",".join(map(str, REJECTED_TEST_LABELS)).encode()
    assert hashlib.sha256(written).hexdigest() == "6df0950dc65e16994fec345a124a49393bd9d54857dc61d75336d72d453903d9"
