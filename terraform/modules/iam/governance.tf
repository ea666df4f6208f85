# Who read what: Google logs changes by itself, and access to data only where it is asked to.
resource "google_project_iam_audit_config" "data_access" {
  for_each = var.audited_services

  project = var.project
  service = each.value

  dynamic "audit_log_config" {
    for_each = var.audit_log_types
    content {
      log_type = audit_log_config.value
    }
  }
}

# Organisation policies, set for this project alone. Whoever applies them needs roles/orgpolicy.policyAdmin, which belongs to
# an organisation; so they are asked for, not assumed.
resource "google_org_policy_policy" "enforced" {
  for_each = var.org_policies

  name   = "projects/${var.project}/policies/${each.value}"
  parent = "projects/${var.project}"

  spec {
    rules {
      enforce = "TRUE"
    }
  }
}
