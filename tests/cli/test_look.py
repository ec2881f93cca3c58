"""The commands that only look: list, show, verify, and what they say about mistakes."""

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

import pushforward
from pushforward.models.registry import Registry, registry
from pushforward.studio.__main__ import main
from pushforward.studio.cli import catalogue
from pushforward.studio.engine.process.refusal import Refused
from pushforward.verify.claim import Null, Outcome, experiment


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in this process: its status, what it wrote, what it complained."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.mark.parametrize(
    ("what", "slugs"),
    [
        ("models", ["edm", "gan"]),
        ("datasets", ["eight-gaussians", "two-moons", "word"]),
        ("samplers", ["ddim", "dpmpp-2m", "heun"]),
        ("metrics", ["exact-w2", "mode-balance", "sliced-w2"]),
        ("recipes", ["edm-eight-gaussians", "gan-ring-of-five"]),
    ],
)
def test_list(say: Any, what: str, slugs: list[str]) -> None:
    status, out, err = say("list", what)
    assert (status, err) == (0, "")
    listed = {line.split(" ")[0] for line in out.splitlines()}
    assert set(slugs) <= listed


def test_list_names_what_could_not_be_loaded(say: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pushforward.models.registry import Problem

    problem = Problem("pushforward.models.families.broken", "ImportError: no libfoo", "")
    monkeypatch.setattr(catalogue, "discover", lambda: [problem])
    status, out, err = say("list", "models")
    assert status == 0
    assert "edm" in out
    assert "pushforward.models.families.broken could not be loaded: ImportError: no libfoo" in err


def test_show_leaves_out_defaults_by_kind_that_are_the_general_one(say: Any) -> None:
    _, out, _ = say("show", "edm")
    [rate] = [line for line in out.splitlines() if line.startswith("  optimizer.lr = ")]
    assert rate.count(": ") == rate.count("cubes: ") == 1, "it is 0.002 everywhere else"
    [clip] = [line for line in out.splitlines() if line.startswith("  optimizer.clip = ")]
    assert "jets: 1" in clip


def test_a_method_names_settings_by_their_titles(say: Any) -> None:
    _, out, _ = say("show", "pc-droid")
    assert "Maximum noise and Minimum noise" in " ".join(out.split())
    _, out, _ = say("show", "edm")
    assert "Maximum noise." in out
    assert "Minimum noise." in out


def test_show_has_every_setting_with_bounds_help_and_source(say: Any) -> None:
    from pushforward.models.config import describe

    status, out, err = say("show", "edm")
    assert (status, err) == (0, "")
    entry = registry.get("family", "edm")
    words = " ".join(out.split()).replace("- ", "-")  # lines may break after a hyphen
    assert " ".join(entry.source.split()) in words
    for field in describe(entry.config):
        assert f"  {field['path']} = " in out
        assert " ".join(field["help"].split()).replace("- ", "-") in words
    assert "net = set by the data" in out
    _, out, _ = say("show", "mlp")
    assert "width = 128" in out
    assert ">= 1, <= 4096" in out


def test_show_says_how_large_a_data_set_is_and_under_which_licence(say: Any) -> None:
    status, out, err = say("show", "mnist")
    assert (status, err) == (0, "")
    entry = registry.get("dataset", "mnist")
    words = " ".join(out.split())
    for text in (f"Size: {entry.size}", f"Licence: {entry.licence}", f"Made: {entry.made}"):
        assert text in words
    _, drawn, _ = say("show", "two-moons")
    assert "Licence" not in drawn


def test_show_says_the_six_choices_of_every_named_method_and_how_to_train_it(say: Any) -> None:
    from pushforward.studio.methods import CHOICES, methods

    status, out, err = say("show", "vdm")
    assert (status, err) == (0, "")
    words = " ".join(out.split())
    for choice in CHOICES.values():
        assert re.search(rf"^    {choice}: ", out, re.M), choice
    for text in ("(method vdm)", "Source: Kingma et al. 2021", "family.path=learned", "FID 4.00",
                 "1,000 evaluations", "8B-vdm", "pushforward run vdm-checkerboard trains one",
                 "--set method=vdm"):  # fmt: skip
        assert text in words, text
    _, distilled, _ = say("show", "reflow")
    assert "--input" in distilled
    known = {method.slug for method in methods()}
    assert known <= {each.slug for each in catalogue.find("ddpm") + list(catalogue._all())}


def test_what_leads_samples_is_shown_where_settings_say_so(say: Any) -> None:
    """'show deis' sent people to 'show classifier', which knew a family of that name alone."""
    _, out, _ = say("show", "deis")
    named = re.findall(
        r"'pushforward show ([a-z-]+)' lists the settings of this guidance", " ".join(out.split())
    )
    assert named
    for slug in named:
        status, shown, _ = say("show", slug)
        assert status == 0
        assert f"(guidance {slug})" in shown
    _, led, _ = say("show", "classifier-free")
    assert "strength = 2" in led
    assert "D_γ = D₀ + γ (D_c − D₀)" in led


def test_an_unknown_word_gets_a_few_names_and_not_the_catalogue(say: Any) -> None:
    status, _, err = say("show", "diffusion")
    assert status == 2
    assert "latent-diffusion" in err
    _, _, err = say("show", "xyzzy")
    assert "'pushforward list'" in err
    assert len(err) < 300


def test_show_knows_the_settings_of_a_training(say: Any) -> None:
    _, out, _ = say("show", "training")
    assert "  steps = 4000" in out
    assert ">= 1, <= 100000000" in out
    assert re.search(r"  batch = 512 +>= 1, .*   images: 128", out)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("show", "edn"), "did you mean edm"),
        (("verify", "A99"), "no claim has the id 'A99'; did you mean A9"),
        (("run", "edm-eight-gausians"), "did you mean edm-eight-gaussians"),
        (("run", "."), "is a folder without run.toml"),
        (("run",), "give one recipe or run, or --first"),
        (("run", "edm@nine-gaussians"), "no dataset is called 'nine-gaussians'"),
        (("run", "edm@two-moons", "--set", "lr=1"), "did you mean family.optimizer.lr"),
        (("run", "edm@two-moons", "--set", "family.net.wdth=8"), "did you mean family.net.width"),
        (("run", "edm@two-moons", "--set", "training.step=8"), "did you mean training.steps"),
        (("run", "edm@two-moons", "--set", "sampler.step=8"), "did you mean sampler.steps"),
        (("run", "edm@two-moons", "--set", "training.steps"), "write it as NAME=VALUE"),
        (("run", "edm@two-moons", "--set", "training.steps=0"), "must be at least 1, got 0"),
        (("run", "edm@two-moons", "--set", "training.steps=x"), "must be a whole number, got 'x'"),
        (("run", "edm@two-moons", "--set", "family.precond=edn"), "did you mean edm"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_mistakes_are_named_with_the_nearest_right_thing(
    say: Any,
    arguments: tuple[str, ...],
    complaint: str,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = say(*arguments)
    assert status == 2
    assert complaint in err
    assert "Traceback" not in err
    assert out == ""
    assert not list(tmp_path.iterdir())


def test_several_problems_are_listed_together(say: Any, tmp_path: Any) -> None:
    settings = ["--set", "training.steps=0", "--set", "family.net.width=0"]
    _, _, err = say("run", "edm@two-moons", *settings, "--out", str(tmp_path / "p"))
    assert "training.steps" in err
    assert "family.net.width" in err


def test_a_broken_recipe_names_file_and_key(say: Any, tmp_path: Any) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text('title = "Mine"\nsummary = 3\n')
    status, _, err = say("run", str(recipe))
    assert status == 2
    assert "mine.toml" in err
    assert "$.summary" in err


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Five claims, in place of the real ones."""
    fresh = Registry()
    monkeypatch.setattr("pushforward.models.registry.registry", fresh)
    monkeypatch.setattr(catalogue, "registry", fresh)
    monkeypatch.setattr("pushforward.verify.discovery.discover", list)

    def claim(slug: str, passed: bool | None, *, slow: bool = False, null: bool = False) -> None:
        @experiment(
            slug,
            title=f"Title of {slug}",
            claim=f"Claim of {slug}",
            pass_line="figure <= 1",
            group="T",
            source="tests",
            slow=slow,
            nulls=[Null("nothing at all", lambda: Outcome("7 of 9", {}, null, "", []))],
        )
        def measure() -> Outcome:
            if passed is None and slow:
                raise Refused("it broke")  # as the engine may say it
            return Outcome(f"figure of {slug}", {"figure": 1.0}, passed, "0 at best", [3])

    claim("T1", True)
    claim("T2", False)
    claim("T3", None)
    claim("T4", None, slow=True)
    claim("T5", True, slow=True, null=True)
    return fresh


@pytest.mark.usefixtures("claims")
def test_verify_prints_all_that_is_known_about_a_claim(say: Any) -> None:
    status, out, _ = say("verify", "t1")
    assert status == 0
    for part in ("PASS", "T1", "Claim of T1", "figure of T1", "figure <= 1", "0 at best", "3"):
        assert part in out
    assert "nothing at all (misses it): 7 of 9" in out


@pytest.mark.usefixtures("claims")
def test_a_claim_fails_where_a_dead_model_meets_its_line(say: Any) -> None:
    status, out, _ = say("verify", "T5")
    assert status == 1
    assert "FAIL     T5" in out
    assert "nothing at all (MEETS THE LINE): 7 of 9" in out
    assert "a null model meets this line: nothing at all" in out
    status, out, _ = say("verify", "--json", "T5")
    [result] = map(json.loads, out.splitlines())
    assert (status, result["verdict"], result["passed"]) == (1, "FAIL", False)
    assert result["nulls"]["nothing at all"]["passed"] is True


@pytest.mark.usefixtures("claims")
def test_verify_takes_all_ids_that_begin_alike(say: Any) -> None:
    _, out, _ = say("verify", "--list", "--json", "t*", "T1")
    ids = [json.loads(line)["id"] for line in out.splitlines()]
    assert len(ids) == len(set(ids)) > 2
    assert all(each.startswith("T") for each in ids)


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize(
    ("arguments", "status", "ids"),
    [
        (("T1", "T3"), 0, ["T1", "T3"]),
        ((), 1, ["T1", "T2", "T3"]),
        (("--all",), 1, ["T1", "T2", "T3", "T4", "T5"]),
        (("T4",), 1, ["T4"]),
    ],
)
def test_verify_fails_when_one_does(
    say: Any, arguments: tuple[str, ...], status: int, ids: list[str]
) -> None:
    got, out, _ = say("verify", "--json", *arguments)
    results = [json.loads(line) for line in out.splitlines()]
    assert got == status
    assert [r["id"] for r in results] == ids
    verdicts = {"T1": "PASS", "T2": "FAIL", "T3": "REPORTED", "T4": "FAIL", "T5": "FAIL"}
    assert [r["verdict"] for r in results] == [verdicts[i] for i in ids]
    if "T4" in ids:
        assert results[ids.index("T4")]["error"] == "Refused: it broke"


def test_verify_lists_the_real_claims_and_runs_one(say: Any) -> None:
    _, out, _ = say("verify", "--list", "--json")
    claims = {c["id"]: c for c in map(json.loads, out.splitlines())}
    assert {"A1", "A2", "A3", "A4", "A5", "A7", "A8"} <= set(claims)
    assert all(c["claim"] and c["pass_line"] and c["source"] for c in claims.values())
    status, out, _ = say("verify", "--json", "A8")
    [result] = map(json.loads, out.splitlines())
    assert (status, result["verdict"]) == (0, "PASS")
    assert result["seconds"] > 0
    assert result["value"]


def row(out: str, slug: str) -> list[str]:
    return next(line for line in out.splitlines() if line.split(" ")[0] == slug).split()


def test_a_list_of_samplers_has_their_order_and_cost(say: Any) -> None:
    _, out, _ = say("list", "samplers")
    assert out.splitlines()[0].split() == ["SLUG", "ORDER", "NFE/STEP", "SUMMARY"]
    assert row(out, "ddim")[1:3] == ["1", "1"]
    assert row(out, "heun")[1:3] == ["2", "2"]
    assert row(out, "annealed-langevin")[1] == "-"


def test_a_list_of_metrics_has_direction_unit_and_data(say: Any) -> None:
    _, out, _ = say("list", "metrics")
    assert out.splitlines()[0].split() == ["SLUG", "BETTER", "UNIT", "DATA", "SUMMARY"]
    assert row(out, "sliced-w2")[1:5] == ["lower", "data", "units", "points"]
    assert row(out, "mode-balance")[1:4] == ["higher", "-", "points"]
    assert row(out, "frechet-judge")[3] == "images"


def test_a_description_says_the_same(say: Any) -> None:
    _, out, _ = say("show", "heun")
    assert "Order: 2; network evaluations a step: 2; 35 in all by default" in out
    _, out, _ = say("show", "exact-w2")
    assert "Better: lower; unit: data units" in out
    assert "For: points" in out
    _, out, _ = say("show", "edm")
    assert re.search(r"  For: .*images.*points", out)


def test_the_order_by_grid_is_shown_where_a_sampler_tells_it() -> None:
    from pushforward.studio.cli import facts

    entry = registry.get("sampler", "heun")
    entry = dataclasses.replace(entry, orders={"edm-rho": 2.0, "time-uniform": 1.2}, evaluations=2)
    assert "Order measured, by grid: edm-rho 2, time-uniform 1.2" in facts.sentences(entry)
    assert facts.evaluations(entry) == "2"


def test_a_recipe_is_shown_with_what_it_teaches_and_sets(say: Any) -> None:
    status, out, err = say("show", "jets-edm")
    assert (status, err) == (0, "")
    assert out.startswith("Five types of jets  (recipe jets-edm)\n")
    assert "Model: edm; data: pythia-jets (jets)" in out
    assert "    training.steps=1500\n" in out
    assert "pushforward run jets-edm trains it" in out
    _, _, err = say("show", "jets-edn")
    assert "did you mean jets-edm" in err


def test_a_kind_of_data_is_shown_with_what_there_is_for_it(say: Any) -> None:
    status, out, _ = say("show", "jets")
    assert status == 0
    assert "Networks: set-transformer as denoiser" in out
    assert "Metrics: w1-jet-mass, w1-tau21, w1-tau32, w1-constituent-pt" in out
    assert "Data sets: pythia-jets\n" in out
    recipes = out.partition("Recipes: ")[2].partition("Imported")[0].replace("\n", " ")
    assert {"jets-edm", "pc-droid-transformer"} <= {*recipes.replace(",", " ").split()}
    assert "Imported from: Jets: JetNet files" in out


def test_show_knows_a_metric_by_a_slug_of_earlier_versions(capsys):
    assert main(["show", "overall-accuracy"]) == 0
    assert capsys.readouterr().out.startswith("Accuracy  (metric accuracy)")


def test_a_mistyped_list_is_met_by_the_nearest_name(capsys):
    assert main(["list", "modles"]) == 2
    assert "no list is called 'modles'; did you mean models" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["smaple", "x"], "invalid choice: 'smaple'; did you mean sample or make?"),
        (["queue", "lst"], "invalid choice: 'lst'; did you mean list?"),
        (
            ["run", "edm-word", "--reusme"],
            "arguments: --reusme; did you mean --resume?",
        ),
        (["run", "edm-word", "--zzz"], "unrecognized arguments: --zzz\n"),
        (["zzz"], "invalid choice: 'zzz' (choose from"),
    ],
)
def test_commands_and_options_are_named_with_the_nearest(
    arguments: list[str], complaint: str, capsys: Any
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_run_that_is_not_there_is_named_with_the_nearest_of_its_project(
    tmp_path: Any, capsys: Any
) -> None:
    folder = tmp_path / "project" / "runs" / "0001-edm-two-moons"
    folder.mkdir(parents=True)
    (folder / "run.toml").touch()
    for name in ("runs/0001-edm-two-mons", "0001-edm-two-mons"):
        assert main(["sample", str(tmp_path / "project" / name)]) == 2
        assert "did you mean 0001-edm-two-moons?" in capsys.readouterr().err
        with pytest.raises(pushforward.PushforwardError, match=r"mean 0001-edm-two-moons\?"):
            pushforward.open(tmp_path / "project" / name)
    assert main(["sample", str(tmp_path / "project" / "other")]) == 2
    assert "did you mean" not in capsys.readouterr().err
