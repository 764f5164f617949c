"""Models by name: what is found, and what is said of anything else."""

import json
import re
import subprocess
import sys

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.capture import named_model as module
from torchatlas.capture.named_model import named_model


class NoModel:
    """What a user may name by mistake."""


def tiny_model():
    return nn.Linear(4, 3)


def test_a_model_of_ones_own_is_called():
    assert isinstance(named_model(f"{__name__}:tiny_model"), nn.Linear)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torchvision:resnet18", "ResNet"),
        ("torchvision:lraspp_mobilenet_v3_large", "LRASPP"),
        ("timm:test_resnet", "ResNet"),
        ("timm:test_vit.r160_in1k", "VisionTransformer"),
        ("transformers:distilbert", "DistilBertModel"),
        ("transformers:ViTMSNConfig", "ViTMSNModel"),
    ],
)
def test_models_of_libraries_go_by_their_name(name, expected):
    model = named_model(name)
    assert type(model).__name__ == expected
    assert not any(parameter.is_meta for parameter in model.parameters())


def test_no_model_is_downloaded(monkeypatch):
    import socket

    def refuse(*args, **kwargs):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in ("timm:test_resnet", "torchvision:lraspp_mobilenet_v3_large"):
        assert isinstance(named_model(name), nn.Module)
    for name in ("timm:hf-hub:timm/resnet18.a1_in1k", "transformers:openai-community/gpt2"):
        with pytest.raises(ta.TorchAtlasError, match="not downloaded"):
            named_model(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet18", "'resnet18' names no model: write torchvision:resnet18, timm:NAME, "),
        (":x", "':x' names no model"),
        ("torchvision:resnet19", "torchvision has no model 'resnet19'; "),
        ("timm:resnet19", "timm has no model 'resnet19'; timm.list_models() names them"),
        (
            "transformers:nothing",
            "transformers:nothing is no model type (as bert), no configuration class (as "
            "BertConfig) and no folder that is here. Models of a hub are not downloaded: fetch it "
            "first (hf download nothing --local-dir FOLDER) and give transformers:FOLDER",
        ),
        ("transformers:BertModel", "transformers:BertModel is no model type"),
        (
            "transformers:EncoderDecoderConfig",
            "transformers:EncoderDecoderConfig could not be built: ",
        ),
        ("no.such.module:f", "no.such.module:f was not found: No module named 'no'"),
        (f"{__name__}:nothing", f"{__name__}:nothing was not found: module "),
        (f"{__name__}:NoModel", f"{__name__}:NoModel gave a NoModel, not a torch.nn.Module"),
    ],
)
def test_a_name_of_no_model_says_why(name, message):
    with pytest.raises(ta.TorchAtlasError, match=re.escape(message)):
        named_model(name)


@pytest.mark.parametrize(
    ("name", "package"), [("timm:resnet18", "timm"), ("transformers:bert", "transformers")]
)
def test_a_library_that_is_not_installed_is_named(monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)
    expected = f"TorchAtlas needs {package} to build its models, .*torchatlas\\[zoo\\]"
    with pytest.raises(ta.MissingDependency, match=expected):
        named_model(name)


def test_a_library_is_loaded_when_one_of_its_models_is_asked_for():
    code = (
        "import sys, torchatlas.capture.named_model as m; m.named_model('torchvision:resnet18'); "
        "print([name for name in ('timm', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_model_too_large_for_random_numbers_has_no_values(monkeypatch):
    monkeypatch.setattr(module, "LARGE_BYTES", 1_000_000)
    model = named_model("timm:test_vit")
    assert all(parameter.is_meta for parameter in model.parameters())
    graph = ta.trace(model, torch.rand(1, 3, 160, 160)).graph
    assert graph.capture.status == "complete"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small model of transformers as `save_pretrained` leaves it."""
    import transformers

    path = tmp_path_factory.mktemp("model")
    configuration = transformers.GPT2Config(vocab_size=20, n_embd=8, n_layer=1, n_head=2)
    transformers.GPT2LMHeadModel(configuration).save_pretrained(path)
    return path


def weights_of(path):
    from safetensors.torch import load_file

    return load_file(path / "model.safetensors")["transformer.wte.weight"]


def test_a_folder_gives_the_class_and_the_weights_that_were_saved(folder):
    model = named_model(f"transformers:{folder}")
    assert type(model).__name__ == "GPT2LMHeadModel"
    assert torch.equal(model.transformer.wte.weight, weights_of(folder))


def test_a_folder_without_weights_gives_random_ones(folder, tmp_path):
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    model = named_model(f"transformers:{tmp_path}")
    assert type(model).__name__ == "GPT2LMHeadModel"
    assert not torch.equal(model.transformer.wte.weight, weights_of(folder))


def test_pickled_weights_are_tensors_alone(folder, tmp_path):
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    model = named_model(f"transformers:{folder}")
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    again = named_model(f"transformers:{tmp_path}")
    assert torch.equal(again.transformer.wte.weight, weights_of(folder))
    torch.save({"transformer.wte.weight": NoModel()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ta.TorchAtlasError, match=r"could not be built: .*"):
        named_model(f"transformers:{tmp_path}")


def test_code_that_comes_with_a_model_is_not_run(tmp_path):
    ran = tmp_path / "ran"
    (tmp_path / "modelling.py").write_text(f"open({str(ran)!r}, 'w')\n")
    settings = {"model_type": "own", "auto_map": {"AutoConfig": "modelling.C", "AutoModel": "m.M"}}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(
        ta.TorchAtlasError,
        match=r"is of model type 'own', which this transformers \(.*\) does not know; "
        "code that comes with a model is not run",
    ):
        named_model(f"transformers:{tmp_path}")
    settings |= {"model_type": "gpt2", "n_embd": 8, "n_layer": 1, "n_head": 2, "vocab_size": 9}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    assert type(named_model(f"transformers:{tmp_path}")).__name__ == "GPT2Model"
    assert not ran.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "holds no config.json, and so no model of transformers"),
        ("{", "config.json is no configuration: "),
        ("[]", "config.json is no configuration: it is no object"),
        ("{}", "config.json is of model type None, which this transformers "),
        ('{"model_type": []}', "config.json is of model type [], which this transformers "),
    ],
)
def test_a_folder_that_holds_no_model_says_why(tmp_path, text, message):
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(ta.TorchAtlasError, match=re.escape(message)):
        named_model(f"transformers:{tmp_path}")
