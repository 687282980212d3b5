"""A Dask cluster that cannot be there: one sentence. `test_study_kills.py` has a real one."""

import sys

import pytest

from deconv.study.cluster import ClusterError, cluster_at


@pytest.mark.parametrize(
    "address",
    ["", "here", "127.0.0.1", "tcp://", "http://127.0.0.1:1", "tls://127.0.0.1:1", "tcp://[::1",
     "tcp://127.0.0.1:x"],
)  # fmt: skip
def test_what_is_no_address_is_one_sentence(address, tmp_path):
    pytest.importorskip("distributed")
    with (
        pytest.raises(ClusterError, match="no Dask scheduler answers"),
        cluster_at(address, tmp_path),
    ):
        pass


def test_without_dask_it_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    install = r"python -m pip install -e '.\[cluster\]' -c constraints.txt"
    with pytest.raises(ClusterError, match=install), cluster_at("tcp://127.0.0.1:1", tmp_path):
        pass
