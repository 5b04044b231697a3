"""`python -m hybridcodec.train`: train the models that ship in the package."""

from hybridcodec.isolation import leave_current_folder

if __name__ == "__main__":
    leave_current_folder()

    from hybridcodec.train.group import main

    main()
