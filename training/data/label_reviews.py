"""Test labels of CIFAR-10 that people rejected when they were asked.

Source: Northcutt et al. 2021, "Pervasive Label Errors in Test Sets", https://arxiv.org/abs/2103.14749; the votes are in
https://github.com/cleanlab/label-errors (Apache-2.0). Of 275 doubtful labels, these were upheld by fewer than three of
five people.
"""

REJECTED_TEST_LABELS = (
    165, 792, 882, 1227, 1300, 1684, 1718, 1969, 2010,
    2128, 2232, 2405, 2532, 2592, 2804, 2840, 2940, 3113,
    3168, 3183, 3192, 3490, 3600, 3753, 3977, 4055, 4198,
    4614, 4643, 4794, 4910, 4965, 5166, 5191, 5211, 5468,
    5632, 5690, 5882, 5960, 6522, 6792, 6877, 6966, 7311,
    7657, 7846, 8058, 8296, 8620, 9227, 9352, 9643, 9793,
)  # fmt: skip
