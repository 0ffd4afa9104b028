"""What a template's text costs by itself: long bodies in loops, macros and includes stay within the budget."""

from __future__ import annotations

import time

import pytest
from test_template_features import engine, text

from promptkit.errors import LimitError
from promptkit.template import Meter, trace

LONG = "x{# #}" * 3000
LOOP = "{% for i in range(100000) %}"
SLOWEST_S = 4  # of CPU time: ten times what the slowest takes on a quiet machine


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(LOOP + LONG + "{% endfor %}", id="texts-in-a-loop"),
        pytest.param(LOOP + "{{ i }}{# #}" * 3000 + "{% endfor %}", id="fields-in-a-loop"),
        pytest.param(LOOP + "{% set x = [" + "1," * 3000 + "] %}{% endfor %}", id="items-in-a-loop"),
        pytest.param(LOOP + "{% for j in [" + "1," * 3000 + "] if no %}{% endfor %}{% endfor %}", id="items-to-loop-over"),
        pytest.param("{% macro m() %}" + LONG + "{% endmacro %}" + LOOP + "{% set x = m() %}{% endfor %}", id="macro"),
        pytest.param(LOOP + "{% include 'long' %}{% endfor %}", id="include"),
        pytest.param("{% block b %}" + LONG + "{% endblock %}" + LOOP + "{% set x = self.b() %}{% endfor %}", id="block"),
        pytest.param(LOOP + "{% for j in range(100000) %}{% endfor %}{% endfor %}", id="empty-loops"),
        pytest.param("{% set ns = namespace(x='') %}" + LOOP + "{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}{% endfor %}", id="set-blocks"),
    ],
)  # fmt: skip
def test_long_bodies_use_the_budget_up(source: str) -> None:
    start = time.process_time()
    with pytest.raises(LimitError, match="more than 500,000 steps"):
        engine({"long": LONG}).template(text(source)).render({"no": False})
    assert time.process_time() - start < SLOWEST_S


def test_ten_thousand_records_fit() -> None:
    source = (
        "{% for r in records %}{% if r.age > 1 and r.name != 'x' %}- {{ r.name|upper|trim }} ({{ r.age }}), "
        "{{ r.tags|join(', ')|truncate(20) }}, {{ r.city|default('nowhere') }}\n{% endif %}{% endfor %}"
    )
    records = [{"name": f"n{i}", "age": i, "tags": ["a", "b"]} for i in range(10_000)]
    meter = Meter()
    rendered = engine().template(text(source)).render({"records": records}, meter)
    assert rendered.count("\n") == 9_998
    assert len(trace(rendered)) == 9_998 * 9
    assert meter.left > meter.steps // 4


@pytest.mark.parametrize(
    "source", ["{{ v }}", "{{ v }}{# #}", "{{ v|trim }}", "{{ v.strip() }}", "<{{ v }}>{{ v|length }}"]
)
def test_five_megabytes_fit(source: str) -> None:
    value = "x" * 5_000_000
    meter = Meter()
    assert value in engine().template(text(source)).render({"v": value}, meter)
    assert meter.left > meter.steps // 4
