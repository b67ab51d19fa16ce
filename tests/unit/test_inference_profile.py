"""Profiles and what is rendered from them."""

import json
import math
import re
from pathlib import Path

import pytest

from services.inference import cores
from services.inference.engines import custom
from services.inference.engines.registry import load
from services.inference.profile import MODELS, PROFILES, Profile, read_profile, render
from services.kit.catalogue_file import read

CATALOGUE = Path(__file__).parents[2] / "deploy" / "catalogue.toml"
NAMES = sorted(path.stem for path in PROFILES.glob("*.toml"))


@pytest.mark.parametrize(
    ("limit", "granted"),
    [("max 100000", math.inf), ("-1 100000", math.inf), ("200000 100000", 2), ("50000 100000", 0.5)],
)
def test_a_control_group_grants_its_quota_by_its_period(limit: str, granted: float) -> None:
    assert cores.granted(limit) == granted


def test_the_smaller_of_binding_and_quota_counts_and_a_part_of_a_core_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(cores, "_LIMITS", ((quota,), (tmp_path / "absent", tmp_path / "absent too")))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert cores.available() == 8
    for written, expected in (("max 100000", 8), ("250000 100000", 3), ("20000 100000", 1), ("1600000 100000", 8)):
        quota.write_text(f"{written}\n")
        assert cores.available() == expected


def test_threads_grow_with_the_cores_and_recognition_always_has_two() -> None:
    for model in set(MODELS) - {"denoise"}:  # which has one thread
        counts = [cores.threads(model, number) for number in range(1, 65)]
        assert counts == sorted(counts)
        assert counts[0] >= 1
        assert max(number // count for number, count in enumerate(counts, 1)) <= 16
    assert cores.threads("stt", 1) == 2
    assert cores.threads("stt", 16) == 8


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("available", [1, 2, 64])
def test_every_profile_is_rendered_for_any_number_of_cores(name: str, available: int, tmp_path: Path) -> None:
    profile = read_profile(name, available)
    render(profile, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(profile.models)
    for model in profile.models:
        config = (tmp_path / model / "config.pbtxt").read_text()
        assert config.count("{") == config.count("}")
        assert config.count("[") == config.count("]")
        assert "{{" not in config
        assert '"auto"' not in config
        assert 'key: "hang_seconds"' in config
        assert "max_queue_delay_microseconds:" in config


def _kinds(name: str, folder: Path) -> dict[str, str]:
    """The instance group of each model of a profile."""
    render(read_profile(name, 4), folder)
    return {path.parent.name: path.read_text().partition("instance_group")[2] for path in folder.glob("*/config.pbtxt")}


@pytest.mark.parametrize("name", ["l4", "h100"])
def test_what_runs_on_a_gpu_is_told_so_and_refused_without_one(name: str, tmp_path: Path) -> None:
    """Triton does not load a model of KIND_GPU where there is none, so that nothing runs on the cores unnoticed."""
    kinds = _kinds(name, tmp_path)
    assert {model for model, kind in kinds.items() if "KIND_GPU gpus: [ 0 ]" in kind} == {"stt", "tts"}
    assert {model for model, kind in kinds.items() if "KIND_CPU" in kind} == {"denoise", "embed", "voice_match"}


def test_nothing_of_the_cpu_profile_wants_a_gpu(tmp_path: Path) -> None:
    kinds = _kinds("cpu", tmp_path)
    assert kinds.keys() >= {"stt", "tts", "denoise"}
    assert all("KIND_CPU }" in kind for kind in kinds.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_serves_the_catalogue_that_is_shipped(name: str) -> None:
    profile, catalogue = read_profile(name, 4), read(CATALOGUE, with_samples=False)
    assert profile.stt
    assert profile.tts
    assert {each.engine for each in catalogue.recognisers} <= set(profile.stt.engines)
    assert {each.provider for each in catalogue.voices} <= set(profile.tts.engines)
    assert {each.model for each in (*catalogue.recognisers, *catalogue.voices)} <= set(profile.models)


def test_a_stream_too_many_reaches_the_model(tmp_path: Path) -> None:
    """The scheduler's room is above the model's, so that it is refused instead of left waiting."""
    render(_changed(tmp_path, "max_streams = 64", "max_streams = 500"), tmp_path / "models")
    config = (tmp_path / "models" / "denoise" / "config.pbtxt").read_text()
    assert 'key: "max_streams" value { string_value: "500" }' in config
    assert "max_candidate_sequences: 2000" in config


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("workers = ", "wrokers = ", r"`stt\.moonshine\.wrokers` is not a setting; remove it or correct its name"),
        ('engine = "deepfilternet"\n', "", r"`denoise\.engine` is missing"),
        ("max_streams = 64", "max_streams = 0", r"`stt\.max_streams` = 0: .*greater than or equal to 1"),
        ('workers = "auto"', 'workers = "many"', r"`stt\.moonshine\.workers.*` = 'many'"),
        ('engine = "deepfilternet"', 'engine = "rnnoise"', r"`denoise\.engine` = 'rnnoise': .*'deepfilternet'"),
        ("[stt]", "[stt", r"wrong\.toml is not TOML"),
        ("[embed]", "[vision]", r"`vision` is not a setting"),
        (
            '["hibari", ',
            '["hibri", ',
            r"`tts\.engines\.0` = 'hibri': must be one of hibari, .* as package\.module:Class",
        ),
        ('["moonshine", ', '["moon shine:M", ', r"`stt\.engines\.0` = 'moon shine:M': must be one of moonshine, "),
        ("[denoise]", '[tts.options."a.b:C"]\n[denoise]', r"has options for a\.b:C, which `engines` does not name"),
        ('languages = ["en-US", ', 'languages = []  # ["en-US", ', r"the engines hibari and kokoro need `languages`"),
    ],
)
def test_a_faulty_profile_is_refused_with_file_place_and_fault(
    old: str, new: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=sentence) as fault:
        _changed(tmp_path, old, new)
    assert "wrong.toml" in str(fault.value)
    assert "pydantic" not in str(fault.value)


def _changed(folder: Path, old: str, new: str) -> Profile:
    text = (PROFILES / "cpu.toml").read_text()
    assert old in text
    path = folder / "wrong.toml"
    path.write_text(text.replace(old, new))
    return read_profile(str(path), 2)


OWN = "my_package.my_engine:MyEngine"


def test_an_engine_of_ones_own_is_named_by_its_path_and_made_with_its_options(tmp_path: Path) -> None:
    """What a text may hold reaches the class through Triton's text format."""
    path = tmp_path / "custom.toml"
    path.write_text(
        f"""
[tts]
engines = ["{OWN}"]
voice = "v"
workers = 1
threads = 1
max_batch_size = 1
comma_pause_ms = 1
sentence_pause_ms = 1

[tts.options."{OWN}"]
folder = 'C:\\a "b" ü'
rates = [1, 2.5]
device = "cuda"
"""
    )
    render(read_profile(str(path), 2), tmp_path / "models")
    config = (tmp_path / "models" / "tts" / "config.pbtxt").read_text()
    assert f'key: "engines" value {{ string_value: "{OWN}" }}' in config
    assert "KIND_GPU" in config
    (written,) = re.findall(r'key: "options" value { string_value: (".*") }', config)
    given = {"folder": 'C:\\a "b" ü', "rates": [1, 2.5], "device": "cuda"}
    assert json.loads(json.loads(written)) == {OWN: given}


def test_a_recogniser_of_ones_own_says_how_many_threads_take_batches() -> None:
    path = "services.inference.engines.moonshine:Moonshine"
    engine, *counts = load(path, {"options": json.dumps({path: {"workers": 3, "max_batch": 5}})})
    assert (engine.max_batch, counts) == (5, [3, 1])
    engine.close()


@pytest.mark.parametrize(
    ("path", "options", "sentence"),
    [
        ("no_such_package.engine:Engine", {}, r"cannot be imported \(No module named 'no_such_package'\): install"),
        ("pathlib:Engine", {}, r"cannot be imported .*has no attribute 'Engine'.*correct the name"),
        ("fractions:Fraction", {"sum": 1}, r"unexpected keyword argument 'sum'\): correct its table `options`"),
    ],
)
def test_an_engine_that_cannot_be_made_says_what_to_do(path: str, options: dict[str, int], sentence: str) -> None:
    with pytest.raises(custom.EngineNotFound, match=sentence):
        custom.made(path, options)


@pytest.mark.parametrize("available", [1, 2, 8])
def test_an_answer_finds_a_free_thread_of_every_recogniser(available: int) -> None:
    """With a single thread, answers of the other languages waited behind partials."""
    stt = read_profile("cpu", available).stt
    assert stt
    tables = [getattr(stt, name) for name in stt.engines]
    assert min(table.workers for table in tables) >= 2
