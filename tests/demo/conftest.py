"""What the tests of the demo share: a few digits instead of all, and CIFAR-10 in small."""

import hashlib
import pickle
import tarfile
from io import BytesIO

import numpy as np
import pytest
from torch.utils.data import Subset

from torchatlas.demo import demo
from torchatlas.demo.images import Images, load_digits_images

CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


@pytest.fixture(scope="module")
def few_digits():
    """The demo trains on 96 digits and is tested on 32."""
    images = load_digits_images()
    few = Images(Subset(images.train, range(96)), Subset(images.test, range(32)), images.classes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "load_digits_images", lambda: few)
        yield few


@pytest.fixture
def no_network(monkeypatch):
    """Every download of torchvision's CIFAR-10 is refused at once."""
    monkeypatch.setattr("torchvision.datasets.CIFAR10.url", "http://127.0.0.1:9/cifar.tar.gz")


@pytest.fixture
def cifar10_folder(tmp_path, monkeypatch, no_network):
    """A folder with `cifar-10-python.tar.gz` of 13 images a batch, in CIFAR-10's own format."""
    generator = np.random.default_rng(0)
    files = {name: _batch(generator) for name in _batch_names()}
    meta = {"num_cases_per_batch": 13, "label_names": list(CIFAR10_CLASSES), "num_vis": 3072}
    files["batches.meta"] = pickle.dumps(meta, protocol=2)
    archive = tmp_path / "cifar" / "cifar-10-python.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, BytesIO(content))
    _accept(monkeypatch, files, _md5(archive.read_bytes()))
    return archive.parent


def _batch_names():
    return [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def _batch(generator):
    batch = {
        "batch_label": "a batch",
        "labels": generator.integers(0, 10, 13).tolist(),
        "data": generator.integers(0, 256, (13, 3072), dtype=np.uint8),
        "filenames": [f"image_{number}.png" for number in range(13)],
    }
    return pickle.dumps(batch, protocol=2)


def _accept(monkeypatch, files, archive_md5):
    """Have torchvision expect the checksums of these files instead of the true ones."""
    cifar = "torchvision.datasets.CIFAR10"
    *train, test = ([name, _md5(files[name])] for name in _batch_names())
    meta = {"filename": "batches.meta", "key": "label_names", "md5": _md5(files["batches.meta"])}
    monkeypatch.setattr(f"{cifar}.tgz_md5", archive_md5)
    monkeypatch.setattr(f"{cifar}.train_list", train)
    monkeypatch.setattr(f"{cifar}.test_list", [test])
    monkeypatch.setattr(f"{cifar}.meta", meta)


def _md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
