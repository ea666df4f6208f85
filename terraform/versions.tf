# What runs this, and where the state is kept: the bucket's name is given at init (backend/<environment>.gcs.tfbackend).
terraform {
  required_version = ">= 1.11, < 2"

  backend "gcs" {}

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.40, < 8"
    }
    google-beta = { # flex-template jobs and service identities exist here alone
      source  = "hashicorp/google-beta"
      version = ">= 7.40, < 8"
    }
  }
}
