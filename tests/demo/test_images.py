"""The demo's images: sizes, scale, the split, and CIFAR-10 in its own file format."""

import pickle
import tarfile

import pytest
import torch

from torchatlas.demo.images import load_cifar10_images, load_digits_images
from torchatlas.errors import DataError


def stacked(dataset):
    return torch.stack([image for image, _ in dataset])


def test_the_digits_are_normalised_colour_images():
    images = load_digits_images()
    assert (len(images.train), len(images.test)) == (1437, 360)
    assert images.classes == tuple("0123456789")
    train = stacked(images.train)
    assert train.shape == (1437, 3, 32, 32)
    assert float(train.mean()) == pytest.approx(0, abs=1e-4)
    assert float(train.std()) == pytest.approx(1, abs=1e-3)


def test_the_split_is_always_the_same_and_shares_no_image():
    first, second = load_digits_images(), load_digits_images()
    assert list(first.test.indices) == list(second.test.indices)
    assert not set(first.train.indices) & set(first.test.indices)


def test_every_digit_is_in_both_splits_in_the_same_share():
    images = load_digits_images()
    for split, size in [(images.train, 1437), (images.test, 360)]:
        counts = torch.bincount(torch.stack([label for _, label in split]), minlength=10)
        assert counts.min() / size > 0.09
        assert counts.max() / size < 0.11


def test_cifar10_is_read_from_its_own_archive(cifar10_folder):
    images = load_cifar10_images(cifar10_folder)
    assert (len(images.train), len(images.test)) == (65, 13)
    assert images.classes[:2] == ("airplane", "automobile")
    with tarfile.open(cifar10_folder / "cifar-10-python.tar.gz") as archive:
        batch = pickle.load(archive.extractfile("cifar-10-batches-py/data_batch_1"))
    image, label = images.train[4]
    assert label == batch["labels"][4]
    pixels = torch.from_numpy(batch["data"][4]).reshape(3, 32, 32) / 255
    mean = torch.tensor([0.4914, 0.4822, 0.4465]).reshape(3, 1, 1)
    std = torch.tensor([0.2470, 0.2435, 0.2616]).reshape(3, 1, 1)
    assert torch.allclose(image, (pixels - mean) / std, atol=1e-5)


def test_without_data_and_network_the_message_says_what_to_do(tmp_path, no_network):
    with pytest.raises(DataError) as caught:
        load_cifar10_images(tmp_path / "data")
    message = str(caught.value)
    assert message.startswith(f"CIFAR-10 is not in {tmp_path / 'data'} and could not be downloaded")
    assert "refused" in message
    assert "Put cifar-10-python.tar.gz into that folder" in message
    assert "\n" not in message


def test_a_damaged_archive_is_named(tmp_path, no_network):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"half a download")
    with pytest.raises(DataError, match=r"CIFAR-10 is not in .* and could not be downloaded"):
        load_cifar10_images(tmp_path)
