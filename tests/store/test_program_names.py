"""What a program says in text: module calls, names, lines."""

from __future__ import annotations

import pytest

from torchatlas.store import program_names
from torchatlas.store.program_names import ModuleCall, module_stack, user_name, user_source


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        (None, []),
        ("L__self__,,__main__.Net", [("", 0, "__main__.Net")]),
        (
            "L__self__,,a.Net;L__self__enc.0@2,enc.0,b.Linear",
            [("", 0, "a.Net"), ("enc.0", 2, "b.Linear")],
        ),
        (
            "L__self__,,a.Net;140557834330512@1,we,ird;x,b.Linear",
            [("", 0, "a.Net"), ("we,ird;x", 1, "b.Linear")],
        ),
        (
            "L__self__,,a.Net;L__self__a,b;c@1,a,b;c,b.Linear;L__self__a,b;c.d,a,b;c.d,b.ReLU",
            [("", 0, "a.Net"), ("a,b;c", 1, "b.Linear"), ("a,b;c.d", 0, "b.ReLU")],
        ),
        ("something else", []),
        ("L__self__x" * 10_000, []),
        ("L__self__" + "," * 19_991, []),
        (
            "L__self__a@1,a@1,b.Linear;L__self__a@1@2,a@1,b.Linear",
            [("a@1", 0, "b.Linear"), ("a@1", 2, "b.Linear")],
        ),
        ("L__self__a@b,a@b,b.Linear", [("a@b", 0, "b.Linear")]),
        ("L__self__" + "x" * 900 + "," + "x" * 900 + ",b.Linear", [("x" * 900, 0, "b.Linear")]),
        ("L__self__" + "x" * 2000 + "," + "x" * 2000 + ",b.Linear", []),
    ],
)
def test_the_stack_of_module_calls(text, calls):
    assert module_stack(text) == tuple(ModuleCall(*call) for call in calls)


def test_a_stack_of_nothing_but_commas_is_searched_once_a_comma(monkeypatch):
    class Counted:
        looks = 0

        def match(self, text, position):
            self.looks += 1

    counted = Counted()
    monkeypatch.setattr(program_names, "_REST", counted)
    assert module_stack("L__self__" + "," * 19_991) == ()
    assert counted.looks <= 1000


@pytest.mark.parametrize(
    ("target", "torch_fn", "name"),
    [
        ("torch.ops.aten.linear.default", "linear_1;builtin_function_or_method.linear", "linear"),
        ("torch.ops.aten.add_.Tensor", "add__3;method_descriptor.add_", "add_"),
        ("torch.ops.aten.sym_size.int", "sym_size.int_0;OpOverload.sym_size.int", "sym_size"),
        ("torch.ops.aten.numpy_T.default", "__get___1;method-wrapper.__get__", "T"),
        ("torch.ops.aten.slice.Tensor", "x_1;method-wrapper.__getitem__", "getitem"),
        ("torch.ops.aten.div.Tensor", "x_1;method-wrapper.__rtruediv__", "div"),
        ("torch.ops.aten.gt.Scalar", None, "gt"),
        ("torch.ops.mine.twice.default", None, "mine.twice"),
        ("torch.ops.aten.gt.Scalar", "x;function.<lambda>", "gt"),
        ("torch.ops.aten.gt.Scalar", "x;function." + "y" * 251, "gt"),
        ("odd", None, "odd"),
    ],
)
def test_the_name_that_the_user_wrote(target, torch_fn, name):
    assert user_name(target, torch_fn) == name


def test_the_line_is_the_users_and_not_torchs():
    source = user_source(
        'File "/home/me/net.py", line 12, in forward\n    x = self.conv(x)\n'
        '  File "/env/site-packages/torch/nn/modules/conv.py", line 565, in forward\n    return y\n'
        '  File "<eval_with_key>.5", line 9, in forward\n    z'
    )
    assert source is not None
    assert (source.file, source.line, source.function) == ("/home/me/net.py", 12, "forward")
    assert source.text == "x = self.conv(x)"
    assert user_source('File "torch/fx/passes/x.py", line 24, in f') is None
    assert user_source(None) is None
