"""Who is counted to which class of zakat: read below the funds, written by `zakat`."""
