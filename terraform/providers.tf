# Credentials and endpoints come from the environment, as Google's own tools read it; nothing here names them.
provider "google" {
  project        = var.project
  region         = var.region
  default_labels = local.labels
  # The label managed_by says it already, and in our own words.
  add_terraform_attribution_label = false
}

provider "google-beta" {
  project                         = var.project
  region                          = var.region
  default_labels                  = local.labels
  add_terraform_attribution_label = false
}
