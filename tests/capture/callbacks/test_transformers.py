"""Recording what the Trainer of transformers trains, with the real package."""

import pytest
import torch
from torch.utils.data import Dataset

import torchatlas as ta

transformers = pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed, which the Trainer needs")

pytestmark = pytest.mark.filterwarnings("ignore")  # of the Trainer's own


class Sentences(Dataset):
    def __len__(self):
        return 16

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        ids = torch.randint(5, 40, (7,), generator=generator)
        return {"input_ids": ids, "labels": ids}


def train(folder, output, *, steps, resume=None):
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=40, n_positions=8, n_embd=8, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
    )
    arguments = transformers.TrainingArguments(
        output_dir=str(output),
        max_steps=steps,
        per_device_train_batch_size=4,
        logging_steps=2,
        eval_strategy="steps",
        eval_steps=4,
        save_strategy="steps",
        save_steps=4,
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    trainer = transformers.Trainer(
        transformers.GPT2LMHeadModel(config),
        arguments,
        train_dataset=Sentences(),
        eval_dataset=Sentences(),
        callbacks=[ta.transformers_callback(folder, every=2)],
    )
    trainer.train(resume_from_checkpoint=resume)
    return trainer


def scalars(atlas, name, split):
    rows = atlas.tables["scalars"].rows()
    return [row["step"] for row in rows if (row["name"], row["split"]) == (name, split)]


def test_a_training_is_recorded_and_goes_on_in_its_run(tmp_path):
    run, output = tmp_path / "run", tmp_path / "output"
    train(run, output, steps=4)
    atlas = ta.load(run)
    assert scalars(atlas, "loss", "train") == [2, 4]
    assert scalars(atlas, "loss", "evaluation") == [4]
    assert atlas.run.facts["per_device_train_batch_size"] == "4"
    assert atlas.run.facts["steps"] == "4"
    rows = atlas.tables["distributions"].rows()
    gradients = {row["step"] for row in rows if row["quantity"] == "gradient"}
    assert gradients == {2, 4}
    train(run, output, steps=6, resume=str(output / "checkpoint-4"))
    atlas = ta.load(run)
    assert scalars(atlas, "loss", "train") == [2, 4, 6]
    assert atlas.run.facts["steps"] == "6"
