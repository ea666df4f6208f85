"""Every name that two rooms must agree on, derived once from a contract and the environment.

Terraform derives the same names from the same YAML (terraform/contracts.tf); nothing else invents one.
"""

import os


def project() -> str:
    """The project that Google's libraries use: GOOGLE_CLOUD_PROJECT.

    Raises:
        KeyError: the variable is not set; `make local-env` prints it for a laptop.
    """
    return os.environ["GOOGLE_CLOUD_PROJECT"]


def dataset(layer: str) -> str:
    """The dataset of a layer (bronze, silver, gold, ops), with the environment's prefix: SLUICE_DATASET_PREFIX."""
    return os.environ.get("SLUICE_DATASET_PREFIX", "") + layer


def bucket(role: str) -> str:
    """The bucket of a role (landing, bronze, temp)."""
    return f"{project()}-{role}"


def table(source: str, name: str) -> str:
    """A table's name in bronze and in silver."""
    return f"{source}_{name}"


def qualified(layer: str, name: str) -> str:
    """A table of a layer's dataset, in full: project.dataset.name."""
    return f"{project()}.{dataset(layer)}.{name}"


def archive(source: str, event: str) -> str:
    """The external table, in ops, over an event's raw messages as they were delivered."""
    return f"archive_{source}_{event}"


def topic(source: str, event: str) -> str:
    """The Pub/Sub topic of an event; its schema has the same name."""
    return f"{source}_{event}"


def subscription(source: str, event: str) -> str:
    """The subscription from which events_to_bronze reads."""
    return f"{source}_{event}_bronze"


def dead_letter_topic(source: str, event: str) -> str:
    """The topic that takes what cannot be used."""
    return f"{source}_{event}_dead_letters"


def dead_letter_subscription(source: str, event: str) -> str:
    """The subscription that keeps dead letters until somebody replays them."""
    return f"{source}_{event}_dead_letters_hold"


def database_url_variable(source: str) -> str:
    """The environment variable with a source database's URL: SAAS_DATABASE_URL."""
    return f"{source.upper()}_DATABASE_URL"
