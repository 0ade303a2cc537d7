drop table batch_file;
