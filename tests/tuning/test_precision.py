import pytest
import torch

from lorag.tuning import precision
from lorag.tuning.precision import has_bf16, product_seconds

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def unmeasured():
    precision._pays_off.cache_clear()
    yield
    precision._pays_off.cache_clear()


@pytest.mark.parametrize(("half", "faster"), [(0.25, True), (0.6, True), (0.9, False), (2.0, False)])
def test_bf16_is_used_where_its_products_take_much_less_time(monkeypatch, half, faster):
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr(precision, "product_seconds", lambda dtype: half if dtype is torch.bfloat16 else 1.0)

    assert has_bf16(CPU) is faster


def test_a_processor_without_bf16_is_not_measured(monkeypatch):
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)
    monkeypatch.delattr(precision, "product_seconds")

    assert has_bf16(CPU) is False


def test_a_processor_is_measured_once(monkeypatch):
    measured = []

    def measure(dtype: torch.dtype) -> float:
        measured.append(dtype)
        return 1.0

    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr(precision, "product_seconds", measure)

    assert {has_bf16(CPU) for _ in range(3)} == {False}
    assert measured == [torch.float32, torch.bfloat16]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_time_of_a_product_is_real(dtype):
    assert 0.0 < product_seconds(dtype) < 60.0
