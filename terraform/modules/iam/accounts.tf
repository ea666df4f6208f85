# One identity a workload. None has a key: what runs on Google's machines is given its identity there, CI exchanges its own.
locals {
  workloads = {
    landing_to_bronze = "Beam, batch: landing files to bronze."
    events_to_bronze  = "Beam, streaming: Pub/Sub to bronze."
    dagster           = "Dagster's webserver, daemon and runs."
    dbt               = "dbt, which Dagster runs as this account: bronze to gold."
    ci                = "CI on the main branch: applies Terraform."
    ci_plan           = "CI on pull requests: plans Terraform, reads alone."
  }

  accounts = { for workload, account in google_service_account.this : workload => account.email }

  # Datastream writes as its service's own agent, and takes no other account.
  datastream = "service-${var.project_number}@gcp-sa-datastream.iam.gserviceaccount.com"
  identities = merge(local.accounts, { datastream = local.datastream })
}

resource "google_service_account" "this" {
  for_each = local.workloads

  project      = var.project
  account_id   = "${var.name}-${trimsuffix(replace(each.key, "_", "-"), "-to-bronze")}" # 30 characters at most
  display_name = "${var.name} ${each.key}"
  description  = each.value
}

# Makes the agent where the project has never used Datastream.
resource "google_project_service_identity" "datastream" {
  provider = google-beta

  project = var.project
  service = "datastream.googleapis.com"
}

# Who may act as whom: the left starts work that runs as the right.
resource "google_service_account_iam_member" "acts_as" {
  for_each = {
    "dagster as landing_to_bronze" = { who = "dagster", as = "landing_to_bronze", role = "roles/iam.serviceAccountUser" }
    "dagster as dbt"               = { who = "dagster", as = "dbt", role = "roles/iam.serviceAccountTokenCreator" }
    "ci as dagster"                = { who = "ci", as = "dagster", role = "roles/iam.serviceAccountUser" }
    "ci as landing_to_bronze"      = { who = "ci", as = "landing_to_bronze", role = "roles/iam.serviceAccountUser" }
    "ci as events_to_bronze"       = { who = "ci", as = "events_to_bronze", role = "roles/iam.serviceAccountUser" }
  }

  service_account_id = google_service_account.this[each.value.as].name
  role               = each.value.role
  member             = "serviceAccount:${local.accounts[each.value.who]}"
}
