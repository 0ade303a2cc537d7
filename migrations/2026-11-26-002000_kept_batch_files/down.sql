drop table batch_file_piece;
