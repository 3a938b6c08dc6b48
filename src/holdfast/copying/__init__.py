"""Copy images between registries: from anywhere into ours, and out of ours."""
