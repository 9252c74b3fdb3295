"""Statistics (统计): what a head of office reads, as tables, pictures and Excel files."""
