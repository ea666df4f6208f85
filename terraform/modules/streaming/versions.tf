terraform {
  required_version = ">= 1.11, < 2"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.40, < 8"
    }
    google-beta = { # service identities exist here alone
      source  = "hashicorp/google-beta"
      version = ">= 7.40, < 8"
    }
  }
}
