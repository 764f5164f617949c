"""Train a ResNet-18 on CIFAR-10 and look at it.

python examples/cifar10_resnet18.py                # downloads CIFAR-10 (170 MB)
python examples/cifar10_resnet18.py --data digits  # needs no network
"""

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split
from torchvision import datasets, models, transforms

import torchatlas as ta

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--data", choices=["cifar10", "digits"], default="cifar10")
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--out", default="cifar10_resnet18.html")
options = parser.parse_args()
torch.manual_seed(0)

# 1. Load the data: images of 3x32x32 numbers around zero, and the index of each one's class.
if options.data == "cifar10":
    mean, std = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
    prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])
    train_data = datasets.CIFAR10("data", train=True, download=True, transform=prepare)
    test_data = datasets.CIFAR10("data", train=False, download=True, transform=prepare)
else:
    pixels, digits = load_digits(return_X_y=True)
    images = torch.tensor(pixels).float().reshape(-1, 1, 8, 8) / 8 - 1
    images = nn.functional.interpolate(images, size=(32, 32)).repeat(1, 3, 1, 1)
    train_data, test_data = random_split(TensorDataset(images, torch.tensor(digits)), [0.8, 0.2])
train_loader = DataLoader(train_data, batch_size=64, shuffle=True)
test_loader = DataLoader(test_data, batch_size=64)

# 2. Define the model, the loss and the optimizer.
model = models.resnet18(num_classes=10)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)

# 3. Train, and let a recorder look on.
with ta.record("runs/resnet18", model, optimizer=optimizer) as recorder:
    for epoch in range(options.epochs):
        model.train()
        running_loss = 0.0
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            recorder.log(loss=loss)
        print(f"Epoch {epoch + 1} - running loss: {running_loss / len(train_loader):.4f}")
        recorder.evaluate({"test": test_loader}, loss=criterion)


# 4. Measure the accuracy on what the model has seen and on what it has not.
def accuracy(loader: DataLoader) -> float:
    model.eval()
    correct = 0
    with torch.no_grad():
        for inputs, labels in loader:
            correct += (model(inputs).argmax(dim=1) == labels).sum().item()
    return correct / len(loader.dataset)


print(f"Accuracy on the training data: {accuracy(train_loader):.2%}")
print(f"Accuracy on the test data: {accuracy(test_loader):.2%}")

# 5. Look at the model: structure, weights, activations, gradients, training and test.
atlas = ta.visualize_model(model, train_loader, test=test_loader, run="runs/resnet18")
for finding in atlas.findings:
    print(f"{finding.severity}: {finding.title}")
print(f"Report: {atlas.save(options.out)}")
