"""Models of the package transformers: by model type, configuration class or folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torchatlas._optional import require
from torchatlas.errors import TorchAtlasError

_PICKLED = ("*.bin", "*.bin.index.json")


def transformers_maker(name: str) -> Callable[[], Any]:
    """What makes the model that a name stands for. Nothing is downloaded and no code of a folder
    is run.

    Args:
        name: a model type (`bert`) or configuration class (`BertConfig`), built from its default
            configuration with random weights; or a folder with `config.json`, whose weights are
            loaded from safetensors, else from a pickle of tensors alone, else random.

    Raises:
        TorchAtlasError: it is none of these.
        MissingDependency: transformers is not installed.
    """
    transformers = require("transformers", "to build its models", "zoo")
    if Path(name).is_dir():
        return _of_folder(transformers, Path(name))
    configuration = _configuration_class(transformers, name)
    if configuration is None:
        raise TorchAtlasError(
            f"transformers:{name} is no model type (as bert), no configuration class (as "
            "BertConfig) and no folder that is here. Models of a hub are not downloaded: fetch "
            f"it first (hf download {name} --local-dir FOLDER) and give transformers:FOLDER"
        )
    return lambda: _of_configuration(transformers, configuration())


def _configuration_class(transformers: Any, name: str) -> Any:
    types = transformers.CONFIG_MAPPING
    if name in types:
        return types[name]
    if not name.isidentifier():
        return None
    found = getattr(transformers, name, None)
    base = transformers.PretrainedConfig
    return found if isinstance(found, type) and issubclass(found, base) else None


def _of_configuration(transformers: Any, configuration: Any) -> Any:
    """A model with random weights."""
    named = _named_class(transformers, configuration)
    if named is not None:
        return named(configuration)
    return transformers.AutoModel.from_config(configuration, trust_remote_code=False)


def _named_class(transformers: Any, configuration: Any) -> Any:
    """The class that the configuration names; None where that is none of transformers'."""
    for name in configuration.architectures or ():
        named = getattr(transformers, name, None)
        if isinstance(named, type) and issubclass(named, transformers.PreTrainedModel):
            return named
    return None


def _of_folder(transformers: Any, folder: Path) -> Callable[[], Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise TorchAtlasError(f"{folder} holds no config.json, and so no model of transformers")
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(read, dict):
            raise TypeError("it is no object")
    except (ValueError, TypeError) as error:
        raise TorchAtlasError(f"{path} is no configuration: {error}") from error
    kind = read.get("model_type")
    if not isinstance(kind, str) or kind not in transformers.CONFIG_MAPPING:
        raise TorchAtlasError(
            f"{path} is of model type {kind!r}, which this transformers "
            f"({transformers.__version__}) does not know; code that comes with a model is not run"
        )
    return lambda: _loaded(transformers, folder)


def _loaded(transformers: Any, folder: Path) -> Any:
    offline = {"local_files_only": True, "trust_remote_code": False}
    configuration = transformers.AutoConfig.from_pretrained(folder, **offline)
    safe = any(folder.glob("*.safetensors"))
    pickled = any(next(folder.glob(pattern), None) for pattern in _PICKLED)
    if not safe and not pickled:
        return _of_configuration(transformers, configuration)
    maker = _named_class(transformers, configuration) or transformers.AutoModel
    return maker.from_pretrained(
        folder,
        config=configuration,
        use_safetensors=safe,
        weights_only=True,
        **offline,
    )
