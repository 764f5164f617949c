"""The command line is kept without secrets."""

import pytest

from torchatlas.capture.command_line import command_text, masked_value


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["/home/me/train.py", "--lr", "0.1"], "train.py --lr 0.1"),
        (["t.py", "--api-key", "abc", "--name", "a b"], "t.py --api-key *** --name 'a b'"),
        (["t.py", "--hub_token=abc"], "t.py '--hub_token=***'"),
        (["t.py", "wandb.apiKey=abc", "PASSWORD=x"], "t.py 'wandb.apiKey=***' 'PASSWORD=***'"),
        (["t.py", "--login", "hf_" + "a1" * 17], "t.py --login ***"),
        (["t.py", "--x=sk-" + "a1" * 12], "t.py '--x=***'"),
        (["t.py", "http://me:pass@host/x"], "t.py 'http://***@host/x'"),
        (["t.py", "0123456789abcdef0123456789abcdef01234567"], "t.py ***"),
        (
            ["t.py", "--tokenizer", "bert", "--max-tokens", "512", "--token-dim", "64"],
            "t.py --tokenizer bert --max-tokens 512 --token-dim 64",
        ),
        (["t.py", "--token", "--verbose"], "t.py --token --verbose"),
        (["t.py", "data/images_of_2024_and_2025/shards_part1"], None),
        ([], "''"),
    ],
)
def test_secrets_are_masked_and_nothing_else(arguments, text):
    expected = text if text is not None else " ".join(arguments)
    assert command_text(arguments) == expected


def test_settings_with_a_secret_name_or_form_are_masked():
    assert masked_value("api_key", "abc") == "***"
    assert masked_value("seed", "0") == "0"
    assert masked_value("note", "ghp_" + "a1" * 18) == "***"
