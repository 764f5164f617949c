"""Starting and ending: from the command line, from a recorder, and by hand."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.serve.growing import Training

from torchatlas._optional import MissingDependency
from torchatlas.serve import Server, start


def asked(address: str) -> int:
    return httpx.get(address).status_code


def test_a_server_ends_and_its_port_is_free_again(tmp_path: Path) -> None:
    with Training(tmp_path / "net"):
        server = start(tmp_path, port=0)
    assert asked(server.address) == 200
    assert "running" in repr(server)
    server.stop()
    server.stop()
    assert "stopped" in repr(server)
    with pytest.raises(httpx.ConnectError):
        asked(server.address)
    with start(tmp_path, port=server.port) as again:
        assert again.port == server.port


def test_a_stream_that_somebody_listens_to_does_not_hold_the_server(tmp_path: Path) -> None:
    with Training(tmp_path / "net") as training, httpx.Client() as client:
        training.train(2)
        server = start(tmp_path, port=0)
        base = server.address.partition("?")[0]
        client.get(server.address)
        [run] = client.get(f"{base}runs").json()["rows"]
        with client.stream("GET", f"{base}run/{run['id']}/events") as stream:
            lines = stream.iter_lines()
            assert next(line for line in lines if line.startswith("id: "))
            server.stop()
            assert list(lines) is not None  # it ends
        assert "stopped" in repr(server)


def test_a_stream_goes_on_from_where_the_page_has_read(tmp_path: Path) -> None:
    with Training(tmp_path / "net") as training, start(tmp_path, port=0) as server:
        training.train(3)
        base = server.address.partition("?")[0]
        with httpx.Client(timeout=20) as client:
            client.get(server.address)
            [run] = client.get(f"{base}runs").json()["rows"]
            events = f"{base}run/{run['id']}/events"
            with client.stream("GET", events) as stream:
                position = next(line[4:] for line in stream.iter_lines() if line.startswith("id: "))
            training.train(2)
            with client.stream("GET", events, headers={"last-event-id": position}) as stream:
                data = next(line for line in stream.iter_lines() if line.startswith("data: {"))
    assert '"from":3' in data
    assert '"step":[4,5]' in data


def test_what_is_not_installed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingDependency, match=r"pip install 'torchatlas\[serve\]'"):
        Server([tmp_path])


def _hears_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run_command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "torchatlas", "serve", "--no-browser", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        # a background job of a shell ignores Ctrl-C
        preexec_fn=_hears_ctrl_c if os.name == "posix" else None,
    )


@pytest.mark.skipif(os.name != "posix", reason="sends Ctrl-C as a signal")
def test_the_command_prints_the_address_and_ends_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    with Training(tmp_path / "net"):
        command = run_command(str(tmp_path), "--port", "0")
        assert command.stdout is not None
        address = re.fullmatch(
            r"Runs: (http://127\.0\.0\.1:\d+/\w+/\?token=\S+)\n", command.stdout.readline()
        )
        assert address is not None
        assert asked(address[1]) == 200
        command.stdout.readline()
        command.send_signal(signal.SIGINT)
        said, errors = command.communicate(timeout=60)
    assert (command.returncode, said, errors) == (0, "Stopped.\n", "")


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    _, errors = run_command(str(tmp_path / "none")).communicate(timeout=120)
    assert "there is no folder" in errors
    with start(tmp_path, port=0) as server:
        command = run_command(str(tmp_path), "--port", str(server.port))
        _, errors = command.communicate(timeout=120)
    assert command.returncode == 1
    assert f"cannot listen on 127.0.0.1:{server.port}" in errors


def test_a_recorder_shows_itself_and_ends_with_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch
    from torch import nn

    import torchatlas as ta

    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with ta.record(tmp_path / "net", model, optimizer=optimizer) as recorder:
        address = recorder.serve()
        assert address in capsys.readouterr().out
        assert recorder.serve() == address
        base = address.partition("?")[0]
        with httpx.Client() as client:
            client.get(address)
            [run] = client.get(f"{base}runs").json()["rows"]
            model(torch.ones(1, 2)).sum().backward()
            optimizer.step()
            recorder.log(loss=1.0)
            document = client.get(f"{base}run/{run['id']}/document").json()["document"]
    assert document["run"]["model"]["type"] == "Linear"
    with pytest.raises(httpx.ConnectError):
        asked(address)
