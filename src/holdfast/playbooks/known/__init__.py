"""What is known of everybody a playbook could concern, as one relation with a column for each fact."""
