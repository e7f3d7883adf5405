"""The vocabulary that everything else uses: pure, imports nothing of ours."""
